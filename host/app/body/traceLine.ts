import { LitElement, css, html, svg } from 'lit';
import { fixed } from '../format.ts';

const WIDTH = 260;
const HEIGHT = 56;
/** Poses shown: ten seconds. */
export const traceLength = 300;

/** The latest values as a line above zero, with the largest of them as its scale. */
export class TraceLine extends LitElement {
  static override properties = { values: { attribute: false }, label: {}, unit: {} };
  static override styles = css`
    :host {
      display: block;
      padding: 4px 12px 8px;
    }
    p {
      display: flex;
      justify-content: space-between;
      margin: 0 0 2px;
      font-size: 12px;
      color: var(--muted);
    }
    svg {
      display: block;
      width: 100%;
      height: 56px;
    }
    line {
      stroke: var(--grid);
    }
    polyline {
      fill: none;
      stroke: var(--reconstruction);
      stroke-width: 1.5;
      vector-effect: non-scaling-stroke;
      stroke-linejoin: round;
    }
  `;
  declare values: readonly number[];
  declare label: string;
  declare unit: string;

  override render(): unknown {
    const top = Math.max(1e-9, ...this.values);
    const shown = this.values.length > 0 ? `up to ${fixed(top, 1)} ${this.unit}` : '–';
    const points = this.values
      .map((value, i) => {
        const x = WIDTH * (1 - (this.values.length - 1 - i) / (traceLength - 1));
        return `${x.toFixed(1)},${(HEIGHT - 1 - (HEIGHT - 3) * (value / top)).toFixed(1)}`;
      })
      .join(' ');
    return html`<p><span>${this.label}</span><span>${shown}</span></p>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<line x1="0" x2=${WIDTH} y1=${HEIGHT - 1} y2=${HEIGHT - 1} /><polyline points=${points} />`}
      </svg>`;
  }
}

customElements.define('trace-line', TraceLine);
