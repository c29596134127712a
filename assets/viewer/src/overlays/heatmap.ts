/** The heatmap over a film: drawn in the browser from the raw cells, so that no choice about it asks the server. */

import type { Cell } from "../cells/cell";
import { ColorBar, shortNumber } from "./color_bar";
import { COLOR_MAPS, type ColorMapName, colorize, colorTable } from "./color_maps";
import type { HeatmapData, HeatmapTarget } from "../data";
import { element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { spread } from "./map_spread";
import type { Viewer } from "../stage";

const LONGEST = 512; // of the grid on which a smooth map is coloured; the screen's graphics stretch it
const UNIT = "points of the model's score for each cell";

interface Choice {
  isOn: boolean;
  target: string;
  opacity: number; // 0 to 1
  threshold: number; // in the map's own units
  colors: ColorMapName;
  asCells: boolean;
}

// What the reader chose holds for the next study too, until the page is closed.
const choice: Choice = { isOn: true, target: "", opacity: 0.45, threshold: 0, colors: "Inferno", asCells: false };

/** Lay the heatmap over its film, with its controls below; gives what switches it off and on. */
export function addHeatmap(viewer: Viewer): () => void {
  const painter = new Painter();
  const overlays: Overlay[] = [];
  const drawAll = () => overlays.forEach((overlay) => overlay.draw());
  const controls = new Controls(drawAll);
  viewer.below.append(controls.element);
  const update = () => {
    controls.offer(shownHeatmap(viewer));
    drawAll();
  };
  onEachCell(viewer, (cell) => {
    overlays.push(new Overlay(cell, viewer, painter));
    for (const event of ["opened", "image", "failed"] as const) cell.on(event, update);
    cell.on("rendered", () => overlays.find((overlay) => overlay.cell === cell)!.draw());
  });
  for (const event of ["data", "cells", "layout", "volume"] as const) viewer.on(event, update);
  return () => controls.toggle();
}

/** The heatmap, where a film that it belongs to is on the screen. */
function shownHeatmap(viewer: Viewer): HeatmapData | null {
  const { heatmap } = viewer.data;
  return heatmap && !viewer.volume && viewer.cells.some((cell) => !cell.frame.hidden && shows(cell, heatmap)) ? heatmap : null;
}

function shows(cell: Cell, heatmap: HeatmapData): boolean {
  const shown = cell.failure ? null : cell.shown;
  return shown?.image.sop_instance_uid === heatmap.instance && shown.frame === 0;
}

function chosenTarget(heatmap: HeatmapData): HeatmapTarget | undefined {
  return heatmap.targets.find((target) => target.key === choice.target) ?? heatmap.targets[0];
}

/** Whether any cell speaks for the target. */
function hasEvidence(target: HeatmapTarget): boolean {
  return target.maximum > 0;
}

/** Colours the chosen map; anew only when something about it was chosen anew. */
class Painter {
  private readonly canvas = element("canvas");
  private painted = "";

  paint(heatmap: HeatmapData, target: HeatmapTarget): HTMLCanvasElement {
    const { threshold, colors, asCells } = choice;
    const painting = JSON.stringify([heatmap.instance, target, heatmap.scale, heatmap.box, threshold, colors, asCells]);
    if (painting !== this.painted) {
      this.painted = painting;
      const [rows, columns] = asCells ? [target.rows, target.columns] : smoothGrid(heatmap.box);
      const values = asCells ? target.cells : spread(target, rows, columns);
      this.canvas.width = columns;
      this.canvas.height = rows;
      const picture = new ImageData(colorize(values, heatmap.scale, threshold, colorTable(colors)), columns, rows);
      this.canvas.getContext("2d")!.putImageData(picture, 0, 0);
    }
    return this.canvas;
  }
}

function smoothGrid([, , height, width]: HeatmapData["box"]): [number, number] {
  const share = Math.min(1, LONGEST / Math.max(height, width));
  return [Math.max(1, Math.round(height * share)), Math.max(1, Math.round(width * share))];
}

/** One cell's canvas: over the picture, under the lines of measurements. */
class Overlay {
  private readonly canvas = element("canvas", { className: "heatmap" });
  private isEmpty = true;

  constructor(
    readonly cell: Cell,
    private readonly viewer: Viewer,
    private readonly painter: Painter,
  ) {}

  draw(): void {
    const { heatmap } = this.viewer.data;
    const target = heatmap && choice.isOn && shows(this.cell, heatmap) ? chosenTarget(heatmap) : undefined;
    if (!heatmap || !target || !hasEvidence(target)) return this.clear();
    this.fitToPlate();
    const context = this.wiped();
    const [top, left, height, width] = heatmap.box;
    context.scale(devicePixelRatio, devicePixelRatio);
    const { a, b, c, d, e, f } = this.cell.imageToCanvas();
    context.transform(a, b, c, d, e, f);
    context.globalAlpha = choice.opacity;
    context.imageSmoothingEnabled = !choice.asCells;
    context.drawImage(this.painter.paint(heatmap, target), left - 0.5, top - 0.5, width, height); // a pixel's centre is at its whole number
    this.isEmpty = false;
  }

  private clear(): void {
    if (this.isEmpty) return;
    this.wiped();
    this.isEmpty = true;
  }

  private wiped(): CanvasRenderingContext2D {
    const context = this.canvas.getContext("2d")!;
    context.resetTransform();
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    return context;
  }

  private fitToPlate(): void {
    const { plate } = this.cell;
    if (!this.canvas.isConnected) {
      const picture = plate.querySelector(".cornerstone-canvas");
      if (picture) picture.after(this.canvas);
      else this.cell.cover.prepend(this.canvas);
    }
    const [width, height] = [plate.clientWidth, plate.clientHeight].map((length) => Math.round(length * devicePixelRatio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width!;
      this.canvas.height = height!;
    }
  }
}

/** The row of controls under the pictures; there only while there is something to control. */
class Controls {
  readonly element = element("div", { className: "heatmap-controls", role: "group", label: "Heatmap" });
  private readonly isOn = checkbox("Heatmap", (on) => this.change({ isOn: on }));
  private readonly target = select("Finding that the heatmap speaks for", (key) => this.change({ target: key }));
  private readonly opacity = slider("Opacity", (share) => this.change({ opacity: share }));
  private readonly threshold = slider("Hide below", (value) => this.change({ threshold: value }));
  private readonly colors = select("Colours", (name) => this.change({ colors: name as ColorMapName }));
  private readonly asCells = checkbox("Cells", (on) => this.change({ asCells: on }));
  private readonly bar = new ColorBar();
  private readonly note = element("div", { className: "remark", role: "status" });
  private readonly details: HTMLElement[];
  private heatmap: HeatmapData | null = null;
  private offered = "";

  constructor(private readonly onChange: () => void) {
    this.colors.replaceChildren(...Object.keys(COLOR_MAPS).map((name) => option(name, name)));
    this.details = [this.opacity.whole, this.threshold.whole, this.colors, this.asCells.whole, this.bar.element];
    this.bar.element.title = `Evidence in ${UNIT}. The scale is the same for all films.`;
    this.asCells.whole.title = "Show the cells as the network sees them, without smoothing";
    this.element.append(this.isOn.whole, this.target, ...this.details, this.note);
    this.element.hidden = true;
  }

  offer(heatmap: HeatmapData | null): void {
    this.element.hidden = heatmap === null;
    const offer = JSON.stringify(heatmap);
    if (!heatmap || offer === this.offered) return;
    this.offered = offer;
    this.heatmap = heatmap;
    this.target.replaceChildren(...heatmap.targets.map(({ key, name }) => option(key, name)));
    choice.threshold = Math.min(choice.threshold, heatmap.scale);
    this.write();
  }

  /** Switch the heatmap off or on, where there is one. */
  toggle(): void {
    if (!this.element.hidden) this.change({ isOn: !choice.isOn });
  }

  private change(change: Partial<Choice>): void {
    Object.assign(choice, change);
    this.write();
    this.onChange();
  }

  private write(): void {
    const { heatmap } = this;
    const target = heatmap ? chosenTarget(heatmap) : undefined;
    if (!heatmap || !target) return;
    const isDrawn = choice.isOn && hasEvidence(target);
    this.isOn.input.checked = choice.isOn;
    this.asCells.input.checked = choice.asCells;
    this.target.value = target.key;
    this.colors.value = choice.colors;
    this.opacity.set(choice.opacity, 1, 0.05, `${Math.round(choice.opacity * 100)} %`);
    this.threshold.set(choice.threshold, heatmap.scale, heatmap.scale / 100, shortNumber(choice.threshold));
    this.bar.draw({ colors: choice.colors, scale: heatmap.scale, threshold: choice.threshold });
    for (const detail of this.details) detail.classList.toggle("idle", !isDrawn);
    this.note.textContent = hasEvidence(target) ? noteOn(target, heatmap.scale) : heatmap.no_evidence;
  }
}

function noteOn(target: HeatmapTarget, scale: number): string {
  const beyond = target.maximum > scale ? ", beyond the colours" : "";
  return (
    `${target.rows} \u00d7 ${target.columns} cells: a region, not an outline. ` +
    `Highest here ${shortNumber(target.maximum)}${beyond}; in ${UNIT}.`
  );
}

function option(value: string, text: string): HTMLOptionElement {
  const made = element("option", { text });
  made.value = value;
  return made;
}

function select(label: string, onChange: (value: string) => void): HTMLSelectElement {
  const made = element("select", { label, title: label });
  made.addEventListener("change", () => onChange(made.value));
  return made;
}

function checkbox(text: string, onChange: (on: boolean) => void): { whole: HTMLLabelElement; input: HTMLInputElement } {
  const input = element("input");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  return { whole: element("label", {}, [input, element("span", { text })]), input };
}

interface Slider {
  whole: HTMLLabelElement;
  set(value: number, maximum: number, step: number, text: string): void;
}

function slider(text: string, onChange: (value: number) => void): Slider {
  const input = element("input", { label: text });
  const output = element("span", { className: "value" });
  input.type = "range";
  input.min = "0";
  input.addEventListener("input", () => onChange(Number(input.value)));
  return {
    whole: element("label", {}, [element("span", { text }), input, output]),
    set(value, maximum, step, words) {
      input.max = String(maximum);
      input.step = String(step);
      input.value = String(value);
      input.setAttribute("aria-valuetext", words);
      output.textContent = words;
    },
  };
}

export const HEATMAP_STYLE = `
canvas.heatmap { position: absolute; left: 0; top: 0; width: 100%; height: 100%; pointer-events: none; }
.heatmap-controls { color-scheme: dark; display: flex; flex-wrap: wrap; align-items: center; gap: 2px 12px; padding: 3px 8px; background: #15191b; border-top: 1px solid #2a3033; font-size: 12px; }
.heatmap-controls[hidden] { display: none; }
.heatmap-controls label { display: flex; align-items: center; gap: 5px; min-height: 28px; white-space: nowrap; cursor: pointer; }
.heatmap-controls input { accent-color: #23869b; margin: 0; }
.heatmap-controls input[type="checkbox"] { width: 16px; height: 16px; }
.heatmap-controls input[type="range"] { width: 84px; min-height: 28px; }
.heatmap-controls .value { min-width: 2.6em; font-variant-numeric: tabular-nums; color: #a7b0b4; }
.heatmap-controls .idle { opacity: 0.45; }
.heatmap-controls .remark { color: #a7b0b4; flex: 1 1 20rem; }
`;
