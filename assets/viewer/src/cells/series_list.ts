/** The series that can be opened: the study's own, then those of the patient's earlier studies. */

import type { Cell } from "./cell";
import type { SeriesEntry } from "../data";
import { button, element } from "../dom";
import { onEachCell } from "./each_cell";
import type { Viewer } from "../stage";

const DRAGGED = "application/x-medcore-series";

/** Fill the column at the left; it stays away where there is nothing to choose from. */
export function addSeriesList(viewer: Viewer): void {
  const list = new SeriesList(viewer);
  viewer.left.append(list.root);
  list.write();
  viewer.on("data", () => list.write());
  viewer.on("active", () => list.mark());
  viewer.on("layout", () => list.mark());
  onEachCell(viewer, (cell) => {
    cell.on("opened", () => list.mark());
    acceptDrops(viewer, cell);
  });
}

class SeriesList {
  readonly root = element("nav", { className: "series-list", label: "Series" });
  private readonly buttons = new Map<number, HTMLButtonElement>();
  private readonly fold = button("", "Hide the series list", () => this.toggle());
  private readonly items = element("div", { className: "series-items" });
  private written = "";

  constructor(private readonly viewer: Viewer) {
    this.fold.className = "fold";
    this.root.append(this.fold, this.items);
    this.items.addEventListener("keydown", (event) => this.move(event));
    this.unfold(true);
  }

  write(): void {
    const { series, priors } = this.viewer.data;
    const content = JSON.stringify([series, priors]);
    if (content === this.written) return;
    this.written = content;
    this.buttons.clear();
    const groups = [this.group("", series), ...priors.map((prior) => this.group(prior.study.about, prior.series))];
    this.items.replaceChildren(...groups);
    this.viewer.left.hidden = this.viewer.allSeries.length < 2;
    this.mark();
  }

  /** Mark what is open, and most of all what is open in the active cell. */
  mark(): void {
    const shown = new Set(this.viewer.layout.shown.map((cell) => cell.entry?.id));
    for (const [id, one] of this.buttons) {
      one.classList.toggle("open", shown.has(id));
      if (id === this.viewer.active?.entry?.id) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
  }

  private group(title: string, entries: SeriesEntry[]): HTMLElement {
    const items = entries.map((entry) => element("li", {}, [this.item(entry)]));
    const list = element("ul", { label: title ? `Earlier: ${title}` : "This study" }, items);
    const heading = element("p", { className: "series-study", text: title, title });
    return element("div", {}, title ? [heading, list] : [list]);
  }

  private item(entry: SeriesEntry): HTMLButtonElement {
    const count = entry.frames === 1 ? "1 image" : `${entry.frames} images`;
    const picture = element("img");
    Object.assign(picture, { src: `/pixels/${entry.thumbnail}/thumbnail`, alt: "", loading: "lazy", draggable: false });
    picture.addEventListener("error", () => picture.classList.add("missing"));
    const made = button("", `${entry.title}, ${count}`, () => void this.viewer.open(this.viewer.active, entry));
    made.className = "series";
    made.draggable = true;
    made.dataset.series = String(entry.id);
    const title = element("span", { className: "series-title", text: entry.title });
    made.append(picture, title, element("span", { className: "series-count", text: count }));
    made.addEventListener("dragstart", (event) => event.dataTransfer?.setData(DRAGGED, String(entry.id)));
    this.buttons.set(entry.id, made);
    return made;
  }

  /** The arrow keys go up and down the list. */
  private move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...this.buttons.values()];
    const here = all.findIndex((one) => one === event.target);
    all[here + step]?.focus();
    event.preventDefault();
    event.stopPropagation();
  }

  private toggle(): void {
    this.unfold(this.root.classList.contains("folded"));
  }

  private unfold(isOpen: boolean): void {
    const label = isOpen ? "Hide the series list" : "Show the series list";
    this.root.classList.toggle("folded", !isOpen);
    this.fold.textContent = isOpen ? "\u2039" : "\u203a";
    this.fold.title = label;
    this.fold.setAttribute("aria-label", label);
    this.fold.setAttribute("aria-expanded", String(isOpen));
  }
}

function acceptDrops(viewer: Viewer, cell: Cell): void {
  const isSeries = (event: DragEvent) => event.dataTransfer?.types.includes(DRAGGED) ?? false;
  const light = (isOn: boolean) => cell.frame.classList.toggle("drop", isOn);
  cell.frame.addEventListener("dragover", (event) => {
    if (!isSeries(event)) return;
    event.preventDefault();
    light(true);
  });
  cell.frame.addEventListener("dragleave", () => light(false));
  cell.frame.addEventListener("drop", (event) => {
    light(false);
    const entry = viewer.allSeries.find((one) => String(one.id) === event.dataTransfer?.getData(DRAGGED));
    if (!entry) return;
    event.preventDefault();
    void viewer.open(cell, entry);
  });
}

export const SERIES_LIST_STYLE = `
.left { display: flex; background: #101315; border-right: 1px solid #2a3033; }
.left[hidden] { display: none; }
.series-list { display: flex; flex-direction: column; width: 88px; min-height: 0; }
.series-list.folded { width: 28px; }
.series-list.folded .series-items { display: none; }
.fold { align-self: stretch; min-height: 28px; padding: 0; background: none; border: none; border-radius: 0; }
.series-items { flex: 1; min-height: 0; overflow-y: auto; scrollbar-width: thin; scrollbar-color: #3a4347 transparent; }
.series-items ul { list-style: none; margin: 0; padding: 0; }
.series-study { margin: 0; padding: 6px 5px 3px; font-size: 11px; color: #a9b2b5; border-top: 1px solid #2a3033; overflow-wrap: anywhere; }
.series { display: flex; flex-direction: column; align-items: center; width: 100%; gap: 1px; padding: 4px; border: none; border-left: 3px solid transparent; border-radius: 0; background: none; font-size: 11px; line-height: 1.2; }
.series img { width: 64px; height: 64px; object-fit: contain; background: #000; }
.series img.missing { visibility: hidden; }
.series-title { max-width: 100%; overflow: hidden; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow-wrap: anywhere; }
.series-count { color: #8b9599; }
.series.open { border-left-color: #3d5960; }
.series[aria-current] { border-left-color: #7cc3d3; background: #1d2326; }
`;
