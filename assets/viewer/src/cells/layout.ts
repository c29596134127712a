/** How many cells are on show, and which: one, two side by side, or two by two. What a cell holds stays when it is put away. */

import type { Cell } from "./cell";
import { studyOf } from "../overlays/corners";
import { button, element } from "../dom";
import { onEachCell } from "./each_cell";
import { picture } from "../controls/pictures";
import type { Viewer } from "../stage";

export type LayoutName = "one" | "two" | "four";

const CELLS: Record<LayoutName, number> = { one: 1, two: 2, four: 4 };
const LABELS: Record<LayoutName, string> = { one: "One image", two: "Two side by side", four: "Two by two" };
const PICTURES: Record<LayoutName, string> = {
  one: "M3 4h18v16H3z",
  two: "M3 4h18v16H3zM12 4v16",
  four: "M3 4h18v16H3zM12 4v16M3 12h18",
};

export class Layout {
  name: LayoutName = "one";
  isFull = false; // whether the active cell has all the room for a while

  constructor(private readonly viewer: Viewer) {}

  /** The cells that are on show. */
  get shown(): Cell[] {
    const { active, cells } = this.viewer;
    const count = this.isFull ? 1 : CELLS[this.name];
    const first = cells.slice(0, count);
    return first.includes(active) ? first : [...first.slice(0, count - 1), active];
  }

  choose(name: LayoutName): void {
    this.viewer.leaveVolume();
    this.name = name;
    this.isFull = false;
    const missing = CELLS[name] - this.viewer.cells.length;
    for (let made = 0; made < missing; made++) this.viewer.addCell();
    if (missing > 0) this.viewer.emit("cells");
    this.arrange();
  }

  /** Give the active cell all the room, or give the others theirs back. */
  toggleFull(): void {
    if (this.name === "one") return;
    this.isFull = !this.isFull;
    this.arrange();
  }

  /** Place the cells that are on show and put the others away. */
  arrange(): void {
    const { active, cells, grid } = this.viewer;
    const shown = this.shown;
    const before = `${grid.dataset.layout} ${cells.map((cell) => cell.frame.hidden)}`;
    grid.dataset.layout = this.isFull ? "one" : this.name;
    for (const cell of cells) {
      cell.frame.hidden = !shown.includes(cell);
      cell.frame.classList.toggle("active", cell === active && shown.length > 1);
    }
    if (before === `${grid.dataset.layout} ${cells.map((cell) => cell.frame.hidden)}`) return;
    this.viewer.resize();
    this.viewer.emit("layout");
  }
}

export function addLayout(viewer: Viewer): void {
  const names = Object.keys(CELLS) as LayoutName[];
  const buttons = names.map((name) => {
    const made = button("", LABELS[name], () => viewer.layout.choose(name));
    made.append(picture(PICTURES[name]));
    return made;
  });
  const press = () => buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(names[index] === viewer.layout.name)));
  viewer.toolbar.append(element("div", { className: "group", role: "group", label: "Layout" }, buttons));
  viewer.on("layout", press);
  viewer.layout.arrange();
  press();
  onEachCell(viewer, (cell) => {
    cell.frame.addEventListener("dblclick", (event) => {
      if (!(event.target as Element).closest("input, textarea, select, button")) viewer.layout.toggleFull();
    });
    cell.frame.append(element("p", { className: "hint", text: "Drag a series here or choose one from the list." }));
    cell.on("opened", () => {
      cell.frame.classList.add("filled");
      cell.frame.setAttribute("aria-label", [cell.entry?.title, studyOf(viewer.data, cell.entry?.id)?.about].filter(Boolean).join(", "));
    });
  });
}

export const LAYOUT_STYLE = `
.cells { grid-auto-rows: minmax(0, 1fr); grid-template-columns: minmax(0, 1fr); }
.cells[data-layout="two"], .cells[data-layout="four"] { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.cell[hidden] { display: none; }
.cell.active::after { content: ""; position: absolute; inset: 0; border: 1px solid #23869b; pointer-events: none; }
.cell:focus-visible::after { content: ""; position: absolute; inset: 0; border: 2px solid #7cc3d3; pointer-events: none; }
.hint { position: absolute; inset: 0; margin: auto; height: fit-content; padding: 1rem; text-align: center; color: #8b9599; pointer-events: none; }
.cell.filled .hint, .cell.failed .hint { display: none; }
.cell.drop::before { content: ""; position: absolute; inset: 0; z-index: 2; background: #23869b40; border: 2px dashed #7cc3d3; pointer-events: none; }
`;
