import { css } from 'lit';

/** The frame, heading and readout line that all panels share. */
export const panelStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: var(--panel);
    border: 1px solid var(--edge);
    border-radius: 6px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px 16px;
    min-height: 28px;
    padding: 4px 12px 0;
  }
  h2 {
    margin: 0;
    font-size: 13px;
    font-weight: 600;
  }
  h2 small {
    font-size: 12px;
    font-weight: 400;
    color: var(--muted);
  }
  .readout {
    display: flex;
    flex-wrap: wrap;
    gap: 0 14px;
    margin: 0 0 0 auto;
    font-size: 12px;
  }
  .readout div {
    display: flex;
    align-items: center;
    gap: 5px;
    white-space: nowrap;
  }
  .readout dt {
    display: flex;
    align-items: center;
    gap: 5px;
    color: var(--muted);
  }
  .readout dd {
    margin: 0;
    min-width: 5.5ch;
    text-align: right;
  }
  .readout svg {
    flex: none;
  }
  .warn {
    color: var(--warn);
    font-weight: 600;
  }
  time-chart {
    flex: 1;
    min-height: 110px;
  }
  select,
  button {
    font: inherit;
    color: inherit;
    background: var(--panel);
    border: 1px solid var(--edge);
    border-radius: 4px;
    padding: 3px 8px;
    cursor: pointer;
  }
  select:hover,
  button:hover {
    border-color: var(--muted);
  }
  :focus-visible {
    outline: 2px solid var(--reconstruction);
    outline-offset: 1px;
  }
  .segments {
    display: inline-flex;
    margin: 0;
    padding: 0;
    border: 1px solid var(--edge);
    border-radius: 4px;
    overflow: hidden;
  }
  .segments button {
    border: 0;
    border-radius: 0;
    padding: 2px 9px;
  }
  .segments button + button {
    border-left: 1px solid var(--edge);
  }
  .segments button:focus-visible {
    outline-offset: -2px;
  }
  .segments button[aria-pressed='true'] {
    background: var(--ink);
    color: var(--panel);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
