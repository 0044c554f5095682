import { html, svg, type SVGTemplateResult } from 'lit';
import type { Curve } from './timeChart.ts';

export interface Reading {
  label: string;
  /** Absent for what is only a key. */
  value?: string;
  /** Drawn as a key beside the label. */
  curve?: Pick<Curve, 'color' | 'shape' | 'dash'>;
  warn?: boolean;
}

/** Values at the pointer, or the latest, in one line; it is also the key to the curves. */
export function readout(readings: readonly Reading[]): unknown {
  return html`<dl class="readout">
    ${readings.map(
      ({ label, value, curve, warn = false }) =>
        html`<div>
          <dt>${curve ? key(curve) : ''}${label}</dt>
          ${value === undefined ? '' : html`<dd class=${warn ? 'warn' : ''}>${value}</dd>`}
        </div>`,
    )}
  </dl>`;
}

/** The same in words. */
export function describe(readings: readonly Reading[]): string {
  return readings
    .filter(({ value }) => value !== undefined)
    .map(({ label, value }) => `${label} ${value}`)
    .join(', ');
}

function key({ color, shape, dash }: Pick<Curve, 'color' | 'shape' | 'dash'>): unknown {
  const paint = `var(--${color})`;
  const mark: SVGTemplateResult =
    shape === 'dots'
      ? svg`<circle cx="8" cy="5" r="3" fill=${paint} />`
      : svg`<path d="M0 5H16" stroke=${paint} stroke-width="2" stroke-dasharray=${dash?.join(' ') ?? 'none'} />`;
  return html`<svg width="16" height="10" aria-hidden="true">${mark}</svg>`;
}
