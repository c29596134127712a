/** Lines that show, in the other images, where the active one cuts them. */

import { type Cell, sharesSpace } from "./cell";
import { shownPlane } from "./cell_planes";
import { button, element } from "../dom";
import { onEachCell } from "./each_cell";
import { picture } from "../controls/pictures";
import { cut } from "./planes";
import type { Viewer } from "../stage";

const SVG = "http://www.w3.org/2000/svg";

export function addReferenceLines(viewer: Viewer): void {
  const lines = new ReferenceLines(viewer);
  viewer.toolbar.append(lines.root);
  viewer.on("layout", () => lines.draw());
  viewer.on("active", () => lines.draw());
  onEachCell(viewer, (cell) => {
    lines.dress(cell);
    cell.on("rendered", () => (cell === viewer.active ? lines.draw() : lines.drawIn(cell)));
    cell.on("failed", () => lines.draw());
  });
}

class ReferenceLines {
  private isOn = true;
  private readonly drawn = new Map<Cell, SVGLineElement>();
  private readonly toggle = button("", "Show where the active image cuts the others", () => this.turn());
  readonly root = element("div", { className: "group" }, [this.toggle]);

  constructor(private readonly viewer: Viewer) {
    this.toggle.append(picture("M4 4h16v16H4zM2 12h20"));
    this.toggle.setAttribute("aria-pressed", "true");
  }

  dress(cell: Cell): void {
    const sheet = document.createElementNS(SVG, "svg");
    const line = document.createElementNS(SVG, "line");
    sheet.classList.add("reference");
    sheet.setAttribute("aria-hidden", "true");
    sheet.append(line);
    cell.cover.append(sheet);
    this.drawn.set(cell, line);
    this.drawIn(cell);
  }

  draw(): void {
    this.root.hidden = this.viewer.layout.name === "one";
    for (const cell of this.drawn.keys()) this.drawIn(cell);
  }

  drawIn(cell: Cell): void {
    const line = this.drawn.get(cell)!;
    const ends = this.endsIn(cell);
    line.style.display = ends ? "" : "none";
    if (!ends) {
      delete cell.frame.dataset.line;
      return;
    }
    const matrix = cell.imageToCanvas();
    const [from, to] = ends.map(([x, y]) => matrix.transformPoint({ x, y }));
    for (const [name, value] of Object.entries({ x1: from!.x, y1: from!.y, x2: to!.x, y2: to!.y })) line.setAttribute(name, String(value));
    cell.frame.dataset.line = ends.flat().join(" "); // from column and row to column and row
  }

  private endsIn(cell: Cell): [[number, number], [number, number]] | null {
    const { active, layout } = this.viewer;
    if (!this.isOn || layout.isFull || cell === active || !active?.shown || active.failure) return null;
    if (!cell.shown || !sharesSpace(cell, active)) return null;
    const [ours, theirs] = [shownPlane(active), shownPlane(cell)];
    return ours && theirs ? cut(ours, theirs) : null;
  }

  private turn(): void {
    this.isOn = !this.isOn;
    this.toggle.setAttribute("aria-pressed", String(this.isOn));
    this.draw();
  }
}

export const REFERENCE_LINES_STYLE = `
.reference { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; }
.reference line { stroke: #7cc3d3; stroke-width: 1.5; }
`;
