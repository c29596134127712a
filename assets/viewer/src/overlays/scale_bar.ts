/** A bar of a round length beside the picture. */

import type { Cell } from "../cells/cell";
import { element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { HALO } from "./halo";
import type { Turn } from "./orientation";
import type { Viewer } from "../stage";
import { wholeScale } from "../tools/units";

const SHARE = 0.25; // of the cell's height that the bar takes at most

export interface Ruler {
  unitsPerPixel: number; // mm or columns of the image, for each CSS pixel down the screen
  unit: "mm" | "mm at the detector" | "px";
}

/** The longest of 1, 2, 5, 10, 20, 50 ... (and 0.5, 0.2, ...) that is not above `longest`; 0 where nothing is. */
export function roundLength(longest: number): number {
  if (!(longest > 0) || !Number.isFinite(longest)) return 0;
  const power = Math.floor(Math.log10(longest) + 1e-9);
  const step = [5, 2, 1].find((one) => one * 10 ** power <= longest * (1 + 1e-9)) ?? 1;
  return Number((step * 10 ** power).toPrecision(1));
}

/** How much of the image, in mm or in columns, lies under one pixel down the screen. */
export function unitsPerPixel({ a, b, c, d }: Turn, [rowSpacing, columnSpacing]: readonly [number, number]): number {
  const area = a * d - b * c;
  return Math.hypot((-c / area) * columnSpacing, (a / area) * rowSpacing);
}

/** A bar's length in words: mm below a centimetre, else cm; where it is true at the detector alone, that too. */
export function lengthLabel(length: number, unit: Ruler["unit"]): string {
  if (unit === "px") return `${length} px`;
  const inWords = length < 10 ? `${length} mm` : `${length / 10} cm`;
  return unit === "mm" ? inWords : `${inWords} at the detector`;
}

export class ScaleBar {
  private readonly bar = element("div", { className: "scale-line" });
  private readonly label = element("span", { className: "scale-label" });
  private readonly whole = element("div", { className: "scale" }, [this.bar, this.label]);
  private drawn = "";

  constructor(private readonly cover: HTMLElement) {
    this.whole.hidden = true;
    cover.append(this.whole);
  }

  show(ruler: Ruler | null): void {
    const length = ruler ? roundLength(this.cover.clientHeight * SHARE * ruler.unitsPerPixel) : 0;
    const pixels = ruler && length > 0 ? length / ruler.unitsPerPixel : 0;
    const text = ruler && length > 0 ? lengthLabel(length, ruler.unit) : "";
    const drawing = `${pixels.toFixed(2)} ${text}`;
    if (drawing === this.drawn) return;
    this.drawn = drawing;
    this.whole.hidden = text === "";
    this.bar.style.height = `${pixels}px`;
    this.label.textContent = text;
  }
}

export function addScaleBar(viewer: Viewer): void {
  onEachCell(viewer, (cell) => {
    const bar = new ScaleBar(cell.cover);
    const update = () => bar.show(rulerOf(cell));
    cell.on("rendered", update);
    cell.on("failed", update);
  });
}

function rulerOf(cell: Cell): Ruler | null {
  if (!cell.shown || cell.failure) return null;
  const { row, column, unit } = wholeScale(cell.shown.image);
  return { unitsPerPixel: unitsPerPixel(cell.imageToCanvas(), [row, column]), unit };
}

export const SCALE_BAR_STYLE = `
.scale { position: absolute; right: 8px; top: 50%; transform: translateY(-50%); display: flex; flex-direction: column; align-items: flex-end; }
.scale[hidden] { display: none; }
.scale-line { width: 7px; box-sizing: border-box; border: 1px solid #d3d8da; border-left: none; filter: drop-shadow(0 0 1px #000) drop-shadow(0 0 1px #000); }
.scale-label { position: absolute; top: calc(100% + 2px); right: 0; white-space: nowrap; font-size: 11px; text-shadow: ${HALO}; }
`;
