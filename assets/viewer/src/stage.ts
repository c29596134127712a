/** The viewer itself: its cells, which of them is active, and the parts that stand around them. */

import { init as initCore, RenderingEngine } from "@cornerstonejs/core";
import { init as initTools } from "@cornerstonejs/tools";
import { Cell, newCellId } from "./cells/cell";
import { addCine } from "./controls/cine";
import type { SeriesEntry, ViewerData } from "./data";
import { element } from "./dom";
import { addHelp } from "./controls/help";
import { registerImages } from "./images/images";
import { addCompare } from "./cells/compare";
import { addKeyboard } from "./controls/keyboard";
import { addLayout, Layout } from "./cells/layout";
import { addLinking } from "./cells/linking";
import type { Mpr } from "./volumes/mpr";
import { addOverlays } from "./overlays/overlays";
import { boundMemory } from "./images/prefetch";
import { addReferenceLines } from "./cells/reference_lines";
import { addSeriesList } from "./cells/series_list";
import { STYLE } from "./style";
import { addToolbar } from "./controls/toolbar";
import { attach, registerTools } from "./tools/tools";
import { addVolume } from "./volumes/volume_button";

const ENGINE = "medcore";
const CONTEXTS = 4; // of WebGL: one a cell; browsers take the oldest away beyond 8 to 16 a page

export type ViewerEvent = "cells" | "active" | "data" | "layout" | "volume" | "stopped";

let started: Promise<RenderingEngine> | null = null; // one engine serves every viewer of the page

async function startOnce(): Promise<RenderingEngine> {
  initCore({ rendering: { webGlContextCount: CONTEXTS }, debug: { statsOverlay: false } });
  await initTools();
  registerImages();
  registerTools();
  boundMemory();
  return new RenderingEngine(ENGINE);
}

export class Viewer {
  readonly root: HTMLDivElement;
  readonly toolbar = element("div", { className: "toolbar", role: "toolbar", label: "Viewer tools" });
  readonly left = element("div", { className: "left" }); // the series
  readonly grid = element("div", { className: "cells" });
  readonly right = element("div", { className: "right" }); // the measurements
  readonly below = element("div", { className: "below" }); // the heatmap's controls
  readonly layout = new Layout(this); // which cells are on show
  cells: Cell[] = []; // in the order of their making; those that are not on show keep what they hold
  active!: Cell;
  engine!: RenderingEngine;
  volume: Mpr | null = null; // in the place of the cells while the reader looks at planes
  private reported = "";
  private granted = 0;
  private isStopped = false;
  private readonly opening = new Map<Cell, SeriesEntry>();
  private readonly listeners = new Map<ViewerEvent, Set<() => void>>();
  private resizing: ResizeObserver | null = null;

  /** `report` tells the page which image was looked at; it costs a rerun, so it is called when the reader leaves. */
  constructor(
    public data: ViewerData,
    private readonly report: (sopInstanceUid: string) => void,
  ) {
    this.root = element("div", { className: "viewer", role: "group", label: "Image viewer" }, [
      element("style", { text: STYLE }),
      this.toolbar,
      element("div", { className: "body" }, [this.left, this.grid, this.right]),
      this.below,
    ]);
    this.root.addEventListener("pointerleave", () => this.reportShown());
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(event.relatedTarget as Node | null)) this.reportShown();
    });
  }

  async start(): Promise<void> {
    this.engine = await (started ??= startOnce());
    if (this.isStopped) return; // the page has put it away again already
    this.active = this.addCell();
    addKeyboard(this);
    addToolbar(this);
    addSeriesList(this);
    addLayout(this);
    addCompare(this, addLinking(this));
    addReferenceLines(this);
    addVolume(this);
    addOverlays(this);
    addCine(this);
    addHelp(this);
    this.resizing = new ResizeObserver(() => this.resize());
    for (const room of [this.root, this.grid, this.left, this.right]) this.resizing.observe(room);
    this.emit("cells");
    this.emit("active");
    const first = this.data.series[0];
    if (first) await this.open(this.active, first);
    this.grantWish();
  }

  update(data: ViewerData): void {
    this.data = data;
    this.emit("data");
    this.grantWish();
  }

  stop(): void {
    this.isStopped = true;
    this.resizing?.disconnect();
    this.leaveVolume();
    for (const cell of this.cells) cell.disable();
    this.root.remove();
    this.emit("stopped");
  }

  on(event: ViewerEvent, listener: () => void): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(listener);
  }

  emit(event: ViewerEvent): void {
    this.listeners.get(event)?.forEach((listener) => listener());
  }

  addCell(): Cell {
    const cell = new Cell(newCellId(), this.engine);
    this.grid.append(cell.frame);
    cell.enable();
    attach(cell, this.engine.id);
    for (const event of ["pointerdown", "wheel", "focusin"]) {
      cell.frame.addEventListener(event, () => this.activate(cell), { capture: true, passive: true });
    }
    this.cells.push(cell);
    return cell;
  }

  activate(cell: Cell): void {
    if (this.active === cell) return;
    this.active = cell;
    this.layout.arrange();
    this.emit("active");
  }

  /** Show a series in a cell, which becomes the active one. */
  async open(cell: Cell, entry: SeriesEntry): Promise<void> {
    this.leaveVolume();
    this.activate(cell);
    this.opening.set(cell, entry);
    await cell.open(entry);
    if (this.opening.get(cell) === entry) this.opening.delete(cell);
  }

  isOpening(cell: Cell): boolean {
    return this.opening.has(cell);
  }

  /** Show planes through a volume in the place of the cells. */
  async enterVolume(volume: Mpr): Promise<void> {
    this.volume = volume;
    this.root.classList.add("in-planes");
    this.grid.hidden = true;
    this.grid.after(volume.root);
    try {
      await volume.start();
    } catch (error) {
      if (this.volume === volume) throw error; // else it was left before it was drawn
    }
    if (this.volume !== volume) return;
    volume.focus();
    this.emit("volume");
  }

  /** Go back to the cells, which are as they were. */
  leaveVolume(): void {
    if (!this.volume) return;
    const hadFocus = this.volume.root.matches(":focus-within");
    this.volume.stop();
    this.volume = null;
    this.root.classList.remove("in-planes");
    this.grid.hidden = false;
    if (hadFocus) this.active.frame.focus({ preventScroll: true });
    this.resize();
    this.emit("volume");
  }

  /** Take the window's height below where the viewer begins. */
  private measure(): void {
    const host = this.root.getRootNode();
    let above = this.root.getBoundingClientRect().top;
    let outer = host instanceof ShadowRoot ? host.host : this.root.parentElement;
    for (; outer; outer = outer.parentElement) above += outer.scrollTop;
    this.root.style.setProperty("--above", `${Math.round(above)}px`);
  }

  /** Fit the pictures into the room that they now have; what was enlarged stays so, about the same point. */
  resize(): void {
    this.measure();
    const viewports = this.volume?.viewports ?? this.cells.filter((cell) => cell.series).map((cell) => cell.viewport);
    const kept = viewports.map((viewport) => {
      const { parallelScale: _, ...camera } = viewport.getCamera();
      return { viewport, camera, zoom: viewport.getZoom() };
    });
    this.engine.resize(false, true);
    for (const { viewport, camera, zoom } of kept) {
      viewport.resetCamera({ suppressEvents: true });
      viewport.setCamera(camera);
      viewport.setZoom(zoom);
      viewport.render();
    }
  }

  /** Every series that can be opened here: the study's, then those of its priors. */
  get allSeries(): SeriesEntry[] {
    return [...this.data.series, ...this.data.priors.flatMap((prior) => prior.series)];
  }

  /** Show the film that the page asks for, once a wish. */
  private grantWish(): void {
    const wish = this.data.show;
    if (!wish || wish.count === this.granted || !this.active) return;
    this.granted = wish.count;
    void this.showInstance(wish.series, wish.instance);
  }

  /** Show one image of a series in the active cell. */
  async showInstance(series: number, sopInstanceUid: string, frame = 0): Promise<void> {
    const entry = this.allSeries.find((one) => one.id === series);
    if (!entry) return;
    this.leaveVolume();
    if (this.active.entry?.id !== entry.id) await this.open(this.active, entry);
    const place = this.active.placeOf(sopInstanceUid, frame);
    if (place >= 0) await this.active.scrollTo(place);
  }

  private reportShown(): void {
    const uid = this.active?.shown?.image.sop_instance_uid ?? "";
    const isOwn = this.data.series.some((entry) => entry.id === this.active?.entry?.id);
    if (!uid || !isOwn || uid === this.reported) return;
    this.reported = uid;
    this.report(uid);
  }
}
