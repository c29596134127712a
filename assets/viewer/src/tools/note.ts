/** Asks for an arrow's text, in a small field on the picture. */

import type { Cell } from "../cells/cell";
import { element } from "../dom";

const LONGEST = 200; // characters

/** Ask beside a point of the plate. `answer` gets the text, or null where the reader pressed Escape. */
export function askForNote(cell: Cell, [x, y]: readonly [number, number], text: string, answer: (text: string | null) => void): void {
  const field = element("input", { className: "note", label: "Text of the arrow" });
  field.maxLength = LONGEST;
  field.value = text;
  field.placeholder = "Text, then Enter";
  let isAnswered = false;
  const finish = (given: string | null) => {
    if (isAnswered) return;
    isAnswered = true;
    field.remove();
    answer(given?.trim() ?? null);
    cell.frame.focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the page's own keys would take digits and Enter for a finding
    if (event.key === "Enter") finish(field.value);
    if (event.key === "Escape") finish(null);
  });
  field.addEventListener("blur", () => finish(field.value));
  for (const event of ["pointerdown", "mousedown", "dblclick", "touchstart"]) {
    field.addEventListener(event, (own) => own.stopPropagation());
  }
  cell.cover.append(field);
  const [right, bottom] = [cell.plate.clientWidth - field.offsetWidth, cell.plate.clientHeight - field.offsetHeight];
  field.style.left = `${Math.max(0, Math.min(x, right))}px`;
  field.style.top = `${Math.max(0, Math.min(y, bottom))}px`;
  field.focus();
  field.select();
}

export const NOTE_STYLE = `
.note { position: absolute; z-index: 3; width: 14rem; max-width: 100%; min-height: 28px; padding: 2px 6px; pointer-events: auto; font: inherit;
  color: #fff; background: #15191b; border: 1px solid #7cc3d3; border-radius: 4px; }
`;
