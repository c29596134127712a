/** One place of the layout: a stack of images with its window and camera, and whatever is laid over it. */

import { Enums, type RenderingEngine, type StackViewport, utilities } from "@cornerstonejs/core";
import { type Direction, fit, flip, imageMatrix, pan, rotate, zoomAt } from "./camera";
import { drawThrough } from "../images/curves";
import { element } from "../dom";
import { imageIdsOf, imageOf, rangeOf } from "../images/images";
import type { SeriesEntry } from "../data";
import { Superseded } from "../images/loads";
import { lookThrough, type WindowChoice } from "../images/looks";
import { Notice } from "./notice";
import { Prefetch } from "../images/prefetch";
import { fetchSeries, type Image, type SeriesImages, type Window } from "../server";
import { toWindow, windowsFor } from "../images/windows";

/** `scrolled` is the reader's own doing; `image` is every new image, whoever asked for it. */
export type CellEvent = "opened" | "image" | "rendered" | "window" | "failed" | "scrolled";

const NO_IMAGE = "This series has no image that can be shown.";

export class Cell {
  private readonly notice = new Notice();
  readonly plate = element("div", { className: "plate" }); // what Cornerstone3D draws in
  readonly cover = element("div", { className: "cover" }, [this.notice.element]); // laid over the plate; lets the mouse through
  readonly frame = element("div", { className: "cell", tabIndex: 0, role: "region", label: "Image" }, [this.plate, this.cover]); // what the layout places
  entry: SeriesEntry | null = null;
  series: SeriesImages | null = null;
  windowChoice: WindowChoice = "file";
  window: Window = { center: 127.5, width: 255, name: "", function: "LINEAR_EXACT" }; // that the picture is drawn with
  isTurned = false; // black and white changed over by the reader
  failure = ""; // why there is no picture
  place = 0; // of the image that is shown, or that could not be
  private wanted = 0; // the place that the reader is on the way to
  private imageIds: string[] = [];
  private isStacked = false; // whether Cornerstone3D has these images
  private opening = 0;
  private readonly prefetch = new Prefetch();
  private readonly listeners = new Map<CellEvent, Set<() => void>>();

  constructor(
    readonly id: string,
    private readonly engine: RenderingEngine,
  ) {
    this.plate.addEventListener("contextmenu", (event) => event.preventDefault());
    this.plate.addEventListener("touchend", (event) => event.cancelable && event.preventDefault()); // or a tap counts as a click too
    this.plate.addEventListener("pointerdown", () => this.frame.focus({ preventScroll: true }));
  }

  /** Let Cornerstone3D draw here; the frame must stand in the document. */
  enable(): void {
    this.engine.enableElement({ viewportId: this.id, element: this.plate, type: Enums.ViewportType.STACK });
    this.plate.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.onRendered());
    this.plate.addEventListener(Enums.Events.STACK_NEW_IMAGE, () => {
      this.applyWindow();
      this.emit("image");
    });
  }

  /** Stop for good: what was asked for and comes later finds nobody. */
  disable(): void {
    this.opening++;
    this.wanted = -1;
    this.listeners.clear();
    this.prefetch.stop();
    this.engine.disableElement(this.id);
  }

  get viewport(): StackViewport {
    return this.engine.getViewport(this.id) as StackViewport;
  }

  on(event: CellEvent, listener: () => void): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)!.add(listener);
  }

  private emit(event: CellEvent): void {
    this.listeners.get(event)?.forEach((listener) => listener());
  }

  /** Show a series from one of its places, counted from 0; the middle one where none is given. */
  async open(entry: SeriesEntry, place?: number): Promise<void> {
    const turn = ++this.opening;
    this.entry = entry;
    this.prefetch.stop();
    this.fail("");
    this.notice.await();
    try {
      const series = await fetchSeries(entry.id);
      if (turn !== this.opening) return;
      this.take(series);
      await this.show(Math.min(place ?? Math.floor((this.length - 1) / 2), this.length - 1));
      if (turn !== this.opening) return;
      this.prefetch.start(this.imageIds, this.wanted);
      this.emit("opened");
    } catch (error) {
      if (turn === this.opening) this.fail(textOf(error));
    }
  }

  private take(series: SeriesImages): void {
    if (series.order.length === 0) throw new Error(NO_IMAGE);
    this.series = series;
    this.imageIds = imageIdsOf(series);
    this.isStacked = false;
    this.windowChoice = "file";
    this.isTurned = false;
  }

  /** Bring an image onto the plate, or say there why it cannot be. What the reader leaves before it came is passed over. */
  private async show(place: number): Promise<void> {
    this.wanted = place;
    const imageId = this.imageIds[place]!;
    this.notice.await();
    try {
      await this.prefetch.now(imageId);
      if (this.imageIds[this.wanted] !== imageId) return;
      this.place = place;
      this.fail("");
      await this.draw(place);
    } catch (error) {
      if (error instanceof Superseded || this.imageIds[this.wanted] !== imageId) return;
      this.place = place;
      this.fail(textOf(error));
      this.emit("image");
    }
  }

  private async draw(place: number): Promise<void> {
    if (!this.isStacked) {
      this.isStacked = true;
      await this.viewport.setStack(this.imageIds, place);
      this.viewport.resetCamera();
    } else if (this.viewport.getCurrentImageIdIndex() === place) {
      this.emit("image"); // back from one that could not be shown
    } else {
      await this.viewport.setImageIdIndex(place);
    }
    this.viewport.render();
  }

  /** The image ids of the stack, in reading order. */
  get stack(): readonly string[] {
    return this.imageIds;
  }

  /** How many images the series has here. */
  get length(): number {
    return this.imageIds.length;
  }

  get imageId(): string {
    return this.imageIds[this.place] ?? "";
  }

  /** The image that is shown and its frame, from 0. */
  get shown(): { image: Image; frame: number } | null {
    return this.imageId ? imageOf(this.imageId) : null;
  }

  /** Where a frame of an image stands in the stack, from 0; -1 where it is not in it. */
  placeOf(sopInstanceUid: string, frame = 0): number {
    return this.imageIds.findIndex((imageId) => {
      const known = imageOf(imageId);
      return known.image.sop_instance_uid === sopInstanceUid && known.frame === frame;
    });
  }

  /** Go to a place of the stack, from 0; beyond its ends is its ends. */
  async scrollTo(place: number): Promise<void> {
    const target = Math.min(Math.max(place, 0), this.length - 1);
    if (this.length === 0 || target === this.wanted) return;
    const moved = this.show(target);
    this.prefetch.moveTo(target);
    await moved;
  }

  /** The reader scrolls, on from where the way leads already. */
  scrollBy(images: number): void {
    this.emit("scrolled");
    void this.scrollTo(this.wanted + images);
  }

  /** What is drawn stands on the frame as well, for whoever cannot see the picture: tests, and scripts of the reader. */
  private onRendered(): void {
    if (!this.imageId || !this.isStacked) return;
    const { a, b, c, d, e, f } = this.imageToCanvas();
    const window = `${this.window.center} ${this.window.width}`;
    Object.assign(this.frame.dataset, { series: this.series!.series, place: this.place, matrix: `${a} ${b} ${c} ${d} ${e} ${f}`, window });
    this.emit("rendered");
  }

  /** The windows to choose from for the image that is shown. */
  get windows(): Window[] {
    return this.shown ? windowsFor(this.shown.image, this.shown.frame, rangeOf(this.imageId)) : [];
  }

  chooseWindow(choice: WindowChoice): void {
    this.windowChoice = choice;
    this.applyWindow();
    this.viewport.render();
  }

  turn(): void {
    this.isTurned = !this.isTurned;
    this.applyWindow();
    this.viewport.render();
  }

  /** The reader has dragged the window: it is an own one now, and stays while scrolling. */
  keepDragged(): void {
    const range = this.viewport.getProperties().voiRange;
    if (range) this.chooseWindow(toWindow(range, this.window.function));
  }

  private applyWindow(): void {
    const shown = this.shown;
    if (!shown || !this.isStacked) return;
    const { window, curve } = lookThrough(this.windowChoice, this.imageId);
    this.window = window;
    drawThrough(this.viewport, curve, shown.image.type !== "rgb8" && shown.image.inverted !== this.isTurned);
    this.emit("window");
  }

  /** Show the whole picture, as large as there is room. */
  fit(): void {
    fit(this.viewport, this.imageToCanvas(), this.imageId);
    this.viewport.render();
  }

  /** One pixel of the image on one pixel of the screen. */
  oneToOne(): void {
    this.zoomBy(1 / (this.zoom * window.devicePixelRatio));
  }

  /** Enlarge about a point of the plate, in CSS pixels; about its middle where none is given. */
  zoomBy(factor: number, point: [number, number] = [this.plate.clientWidth / 2, this.plate.clientHeight / 2]): void {
    zoomAt(this.viewport, factor, point);
    this.viewport.render();
  }

  /** Move the picture by so many CSS pixels. */
  pan(right: number, down: number): void {
    pan(this.viewport, right, down);
    this.viewport.render();
  }

  /** Turn the picture clockwise. */
  rotate(degrees: number): void {
    rotate(this.viewport, degrees);
    this.viewport.render();
  }

  flip(direction: Direction): void {
    flip(this.viewport, direction);
    this.viewport.render();
  }

  /** Show the picture as it was when it was opened. */
  reset(): void {
    this.windowChoice = "file";
    this.isTurned = false;
    this.viewport.resetCamera();
    this.applyWindow();
    this.viewport.render();
  }

  /** The map from image coordinates (column, row; pixel centres at whole numbers) to CSS pixels of the plate. */
  imageToCanvas(): DOMMatrix {
    return imageMatrix(this.viewport, this.imageId);
  }

  /** How many CSS pixels one column of the image takes. */
  get zoom(): number {
    const { a, b } = this.imageToCanvas();
    return Math.hypot(a, b);
  }

  /** Say why there is no picture; with an empty text, that there is one. */
  private fail(message: string): void {
    this.notice.say(message);
    if (!message && !this.failure) return;
    this.failure = message;
    this.frame.classList.toggle("failed", message !== "");
    this.emit("failed");
  }
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Whether two cells show space that can be compared: the same frame of reference. */
export function sharesSpace(one: Cell, other: Cell): boolean {
  const [a, b] = [one.shown?.image.frame_of_reference_uid, other.shown?.image.frame_of_reference_uid];
  return Boolean(a) && a === b;
}

/** A name that no other viewport on the page has. */
export function newCellId(): string {
  return `cell-${utilities.uuidv4()}`;
}
