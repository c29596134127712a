/** What stands over a cell that has no picture yet, or cannot have one. */

import { element } from "../dom";

const PATIENCE_MS = 300; // before it is said that something is being loaded

export class Notice {
  readonly element = element("p", { className: "notice", role: "status" });
  private timer = 0;

  /** Say soon that an image is on its way, unless it comes before. */
  await(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write("Loading"), PATIENCE_MS);
  }

  /** Say something at once; nothing, where the text is empty. */
  say(text: string): void {
    clearTimeout(this.timer);
    this.write(text);
  }

  private write(text: string): void {
    this.element.textContent = text;
  }
}

export const NOTICE_STYLE = `
.notice { position: absolute; inset: 0; margin: auto; width: fit-content; max-width: 80%; height: fit-content; padding: 3px 10px; border-radius: 4px; background: #000a; color: #a9b2b5; text-align: center; z-index: 1; }
.notice:empty { display: none; }
.cell.failed .plate { visibility: hidden; }
.cell.failed .notice { color: #d3d8da; background: none; }
`;
