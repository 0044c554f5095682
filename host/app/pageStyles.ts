import { css } from 'lit';

/** Of an element that is a whole page, over panelStyles: no frame, all the height, and a row of tools. */
export const pageStyles = css`
  :host {
    box-sizing: border-box;
    min-height: 100dvh;
    padding: 12px 14px 14px;
    gap: 10px;
    background: var(--page);
    border: 0;
    border-radius: 0;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
`;
