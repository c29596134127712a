/** The measurements as a table beside the images: what, how much, where, by whom and when. */

import { button, element } from "../dom";
import { icon } from "../controls/icons";
import { exportAddress } from "./measurement_server";
import type { Entry } from "./measurement_store";
import type { Viewer } from "../stage";
import { type Kind, linesFor } from "../tools/units";

const WIDTH = 236; // pixels
const NARROWEST = 170;
const LEAST_SHARE = 0.6; // of the viewer's width, that the images keep
const NAMES: Record<Kind, string> = {
  length: "Length", angle: "Angle", rectangle: "Rectangle", ellipse: "Ellipse", probe: "Value", arrow: "Arrow",
};
const HEADERS = ["Kind", "Value", "Image", "Who", "When", "Label", "Remove"];
const EMPTY = "Nothing is measured yet. Choose a measuring tool above, then draw on the image.";
const IN_PLANES = "What is drawn in the planes through the volume is not kept.";
const TYPE_NAME = "Type your name to keep the measurements.";

export interface TableRow {
  entry: Entry;
  isOpen: boolean; // the reader may change it
  isSelected: boolean;
  place: string;
}

export interface TableState {
  rows: TableRow[];
  unsent: number; // changes that the server does not have
  waiting: number; // of them, those that wait for a name
  problem: string;
  study: number;
}

export interface TableActions {
  show(entry: Entry): void;
  remove(entry: Entry): void;
  label(entry: Entry, text: string): void;
  retry(): void;
  name(name: string): void;
}

export class MeasurementTable {
  private readonly opener = button("", "Measurements", () => this.toggle());
  private readonly count = element("span", { className: "count" });
  private readonly status = element("p", { className: "status", role: "status" });
  private readonly name = element("input", { className: "name", label: "Your name" });
  private readonly inPlanes = element("p", { className: "empty", text: IN_PLANES });
  private readonly retry: HTMLButtonElement;
  private readonly empty = element("p", { className: "empty", text: EMPTY });
  private readonly body = element("tbody", { role: "rowgroup" });
  private readonly table: HTMLTableElement;
  private readonly csv = element("a", { text: "Export CSV" });
  private readonly report = element("a", { text: "Export DICOM SR" });
  private readonly exports = element("p", { className: "exports" }, [this.csv, this.report]);
  private readonly panel: HTMLElement;
  private readonly rows = new Map<string, Row>();
  private isOpen = false;
  private isChosen = false; // the reader opened or closed it by hand

  constructor(
    private readonly viewer: Viewer,
    private readonly actions: TableActions,
  ) {
    this.retry = button("Try again", "Try the measurements again", () => actions.retry());
    const head = element("thead", { className: "unseen", role: "rowgroup" }, [
      element("tr", { role: "row" }, HEADERS.map((text) => element("th", { text, role: "columnheader" }))),
    ]);
    this.table = element("table", { role: "table" }, [element("caption", { text: "Measurements" }), head, this.body]);
    this.csv.download = this.report.download = "";
    this.panel = element("section", { className: "measurements", label: "Measurements" }, [
      this.table, this.empty, this.inPlanes, this.status, this.name, this.retry, this.exports,
    ]);
    this.opener.append(icon("measurements"), this.count);
    viewer.toolbar.append(element("div", { className: "group", role: "group", label: "Measurements" }, [this.opener]));
    this.name.placeholder = "Your name";
    this.name.maxLength = 100;
    this.name.addEventListener("change", () => actions.name(this.name.value));
    this.name.addEventListener("keydown", (event) => event.key === "Enter" && this.name.blur());
    viewer.right.append(this.panel);
    this.open(false, false);
  }

  show(state: TableState): void {
    const count = state.rows.length;
    const needsReader = state.problem !== "" || state.waiting > 0;
    write(this.count, `${count || ""}${needsReader ? " !" : ""}`);
    const title = count ? `Measurements (${count})` : "Measurements";
    this.opener.title = needsReader ? `${title}: not all are saved or loaded` : title;
    this.opener.setAttribute("aria-label", this.opener.title);
    this.showRows(state.rows);
    this.table.hidden = this.exports.hidden = count === 0;
    this.empty.hidden = count > 0;
    write(this.status, statusOf(state));
    this.status.hidden = this.status.textContent === "";
    this.name.hidden = state.waiting === 0;
    this.retry.hidden = state.problem === "";
    this.inPlanes.hidden = !this.viewer.volume;
    this.csv.href = exportAddress(state.study, "csv");
    this.report.href = exportAddress(state.study, "dcm");
    if ((count > 0 || needsReader) && !this.isOpen && !this.isChosen && this.leavesRoom()) this.open(true, false);
  }

  private showRows(rows: TableRow[]): void {
    const uids = new Set(rows.map(({ entry }) => entry.measurement.uid));
    for (const [uid, row] of this.rows) {
      if (uids.has(uid)) continue;
      row.element.remove();
      this.rows.delete(uid);
    }
    for (const [index, row] of rows.entries()) {
      const { uid } = row.entry.measurement;
      const known = this.rows.get(uid) ?? new Row(this.actions);
      this.rows.set(uid, known);
      known.show(row);
      if (this.body.children[index] !== known.element) this.body.insertBefore(known.element, this.body.children[index] ?? null);
    }
  }

  /** Open or close the table, as the reader wants it. */
  toggle(): void {
    this.open(!this.isOpen, true);
  }

  private open(isOpen: boolean, isChosen: boolean): void {
    this.isOpen = isOpen;
    this.isChosen ||= isChosen;
    this.opener.setAttribute("aria-expanded", String(isOpen));
    this.panel.hidden = !isOpen;
    this.panel.style.width = `${Math.max(NARROWEST, Math.min(WIDTH, this.spare()))}px`;
  }

  private leavesRoom(): boolean {
    return this.spare() >= WIDTH;
  }

  /** How many pixels the table may take from the images. */
  private spare(): number {
    const { root, left } = this.viewer;
    return root.clientWidth * (1 - LEAST_SHARE) - left.offsetWidth;
  }
}

class Row {
  readonly element: HTMLTableRowElement;
  private readonly kind = button("", "", () => this.actions.show(this.entry));
  private readonly value = cell("value");
  private readonly place = cell("place");
  private readonly who = cell("who");
  private readonly when = cell("when");
  private readonly label = element("input", { label: "Label" });
  private readonly naming = cell("label", [this.label]);
  private readonly remove = button("\u00d7", "Remove this measurement", () => this.actions.remove(this.entry));
  private entry!: Entry;

  constructor(private readonly actions: TableActions) {
    this.label.placeholder = "Add a label";
    this.label.maxLength = 200;
    this.label.addEventListener("change", () => actions.label(this.entry, this.label.value.trim()));
    this.label.addEventListener("keydown", (event) => event.key === "Enter" && this.label.blur());
    this.element = element("tr", { role: "row" }, [
      cell("kind", [this.kind]), this.value, this.place, this.who, this.when, this.naming, cell("remove", [this.remove]),
    ]);
    this.element.addEventListener("click", (event) => {
      const isControl = (event.composedPath()[0] as HTMLElement).closest("button, input");
      if (!isControl) actions.show(this.entry);
    });
  }

  show({ entry, isOpen, isSelected, place }: TableRow): void {
    const { measurement } = entry;
    this.entry = entry;
    const value = linesFor(measurement.kind, measurement).join("\n");
    write(this.kind, NAMES[measurement.kind]);
    this.kind.setAttribute("aria-label", `Show ${NAMES[measurement.kind].toLowerCase()} ${value}`.trim());
    this.kind.title = "Show it on its image";
    write(this.value, value);
    write(this.place, place);
    write(this.who, measurement.reader || "No name yet");
    write(this.when, STATES[entry.state] || whenOf(measurement.created_at));
    this.when.className = `when ${entry.state}`;
    if (this.label.getRootNode() instanceof ShadowRoot && (this.label.getRootNode() as ShadowRoot).activeElement === this.label) return;
    this.label.value = measurement.text;
    this.label.readOnly = !isOpen;
    this.label.hidden = !isOpen && measurement.text === "";
    this.naming.classList.toggle("blank", measurement.text === "");
    this.remove.hidden = !isOpen;
    this.element.classList.toggle("locked", !isOpen);
    this.element.setAttribute("aria-selected", String(isSelected));
  }
}

const STATES = { saved: "", waiting: "Not saved yet", sending: "Saving", failed: "Not saved" } as const;

/** When it was saved, as the clock on the wall showed it. */
export function whenOf(createdAt: string | null): string {
  if (!createdAt) return "";
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(createdAt));
}

/** What stands under the table while something is not saved. */
export function statusOf({ waiting, unsent, problem }: Pick<TableState, "waiting" | "unsent" | "problem">): string {
  if (problem) {
    if (unsent === 0) return `The saved measurements could not be loaded. ${problem}`;
    return `${unsent === 1 ? "One change is" : `${unsent} changes are`} not saved. ${problem}`;
  }
  return waiting > 0 ? TYPE_NAME : "";
}

function cell(name: string, children: Node[] = []): HTMLTableCellElement {
  return element("td", { className: name, role: "cell" }, children);
}

function write(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export const MEASUREMENT_TABLE_STYLE = `
.svg-layer { filter: drop-shadow(0 0 1px #000) drop-shadow(0 0 1px #000); }
.svg-layer text { paint-order: stroke; stroke: #000; stroke-width: 2.5px; stroke-linejoin: round; }
.toolbar .count:not(:empty) { padding-left: 4px; font-variant-numeric: tabular-nums; }
.toolbar button[aria-expanded="true"] { background: #2a3033; }
.measurements { color-scheme: dark; box-sizing: border-box; height: 100%; overflow-y: auto; background: #15191b; border-left: 1px solid #2a3033; padding: 6px 8px; font-size: 12px; }
.measurements[hidden], .measurements [hidden] { display: none !important; }
.measurements table { width: 100%; display: block; }
.measurements caption { display: block; text-align: left; font-weight: 600; padding-bottom: 4px; }
.measurements .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.measurements tbody { display: block; }
.measurements tr { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, auto) 28px; gap: 0 6px; align-items: center; padding: 3px 0; border-top: 1px solid #2a3033; cursor: pointer; }
.measurements thead tr { display: table-row; }
.measurements tbody tr:hover { background: #1d2326; }
.measurements tr[aria-selected="true"] { box-shadow: inset 2px 0 0 #7cc3d3; padding-left: 6px; }
.measurements td { padding: 0; min-width: 0; }
.measurements td.kind { grid-area: 1 / 1; } .measurements td.remove { grid-area: 1 / 3; }
.measurements td.value { grid-area: 1 / 2; text-align: right; white-space: pre-line; font-variant-numeric: tabular-nums; }
.measurements td.place, .measurements td.who { color: #a7b0b4; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.measurements td.place { grid-area: 2 / 1 / auto / -1; } .measurements td.who { grid-area: 3 / 1; }
.measurements td.when { grid-area: 3 / 2 / auto / -1; color: #a7b0b4; text-align: right; white-space: nowrap; } .measurements td.when.waiting, .measurements td.when.failed { color: #e8c35a; }
.measurements td.label { grid-area: 4 / 1 / auto / -1; } .measurements tr:not([aria-selected="true"]):not(:focus-within) td.label.blank { position: absolute; opacity: 0; pointer-events: none; }
.measurements td.kind button { border: none; background: none; padding: 0; font-weight: 600; color: #7cc3d3; }
.measurements td.remove button { border: none; background: none; width: 28px; padding: 0; font-size: 16px; }
.measurements input { box-sizing: border-box; width: 100%; min-height: 28px; font: inherit; color: inherit; background: #101416; border: 1px solid #2a3033; border-radius: 4px; padding: 2px 6px; }
.measurements input[readonly] { border-color: transparent; background: none; padding: 0; }
.measurements .empty, .measurements .status { margin: 6px 0; color: #a7b0b4; } .measurements .status { color: #e8c35a; }
.measurements .exports { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 8px 0 2px; }
.measurements a { color: #7cc3d3; line-height: 28px; }
.measurements a:focus-visible { outline: 2px solid #7cc3d3; outline-offset: 1px; }
`;
