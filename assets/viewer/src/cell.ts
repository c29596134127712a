/** One place of the layout: a stack of images with its window and camera, and whatever is laid over it. */

import { Enums, type RenderingEngine, type StackViewport, utilities } from "@cornerstonejs/core";
import { element } from "./dom";
import { imageIdsOf, imageOf, planeOf, rangeOf } from "./images";
import type { SeriesEntry } from "./data";
import { Prefetch } from "./prefetch";
import { fetchSeries, type Image, type SeriesImages, type Window } from "./server";
import { fileWindows, fullRange, toRange, toWindow, windowsFor } from "./windows";

/** What the reader looks through: what each file asks for, one of `windowsFor`, or an own one. */
export type WindowChoice = "file" | Window;

export type CellEvent = "opened" | "image" | "rendered" | "window" | "failed";

export class Cell {
  readonly frame: HTMLDivElement; // what the layout places
  readonly plate: HTMLDivElement; // what Cornerstone3D draws in
  readonly cover: HTMLDivElement; // laid over the plate; lets the mouse through
  entry: SeriesEntry | null = null;
  series: SeriesImages | null = null;
  windowChoice: WindowChoice = "file";
  isTurned = false; // black and white changed over by the reader
  failure = ""; // why there is no picture
  private imageIds: string[] = [];
  private opening = 0;
  private readonly prefetch = new Prefetch();
  private readonly listeners = new Map<CellEvent, Set<() => void>>();

  constructor(
    readonly id: string,
    private readonly engine: RenderingEngine,
  ) {
    this.plate = element("div", { className: "plate" });
    this.cover = element("div", { className: "cover" });
    this.frame = element("div", { className: "cell", tabIndex: 0, role: "region", label: "Image" }, [this.plate, this.cover]);
    this.plate.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Let Cornerstone3D draw here; the frame must stand in the document. */
  enable(): void {
    this.engine.enableElement({ viewportId: this.id, element: this.plate, type: Enums.ViewportType.STACK });
    this.plate.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.onRendered());
    this.plate.addEventListener(Enums.Events.VOI_MODIFIED, () => this.emit("window"));
    this.plate.addEventListener(Enums.Events.STACK_NEW_IMAGE, () => this.onNewImage());
  }

  disable(): void {
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
    this.fail("");
    try {
      const series = await fetchSeries(entry.id);
      if (turn !== this.opening) return;
      this.series = series;
      this.imageIds = imageIdsOf(series);
      this.windowChoice = "file";
      this.isTurned = false;
      const start = Math.min(place ?? Math.floor((this.imageIds.length - 1) / 2), this.imageIds.length - 1);
      await this.viewport.setStack(this.imageIds, start);
      if (turn !== this.opening) return;
      this.viewport.resetCamera();
      this.applyWindow();
      this.viewport.render();
      this.prefetch.start(this.imageIds, start);
      this.emit("opened");
    } catch (error) {
      if (turn === this.opening) this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** How many images the series has here, and which one is shown, from 0. */
  get length(): number {
    return this.imageIds.length;
  }

  get place(): number {
    return this.series ? this.viewport.getCurrentImageIdIndex() : 0;
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
    if (this.length === 0 || target === this.place) return;
    try {
      await this.viewport.setImageIdIndex(target);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** What is drawn stands on the frame as well, for whoever cannot see the picture: tests, and scripts of the reader. */
  private onRendered(): void {
    if (!this.imageId) return;
    const { a, b, c, d, e, f } = this.imageToCanvas();
    this.frame.dataset.series = String(this.series!.series);
    this.frame.dataset.place = String(this.place);
    this.frame.dataset.matrix = [a, b, c, d, e, f].join(" ");
    this.frame.dataset.window = `${this.window.center} ${this.window.width}`;
    this.emit("rendered");
  }

  private onNewImage(): void {
    this.fail("");
    this.prefetch.moveTo(this.place);
    if (this.windowChoice === "file") this.applyWindow();
    this.emit("image");
  }

  /** The windows to choose from for the image that is shown. */
  get windows(): Window[] {
    return this.shown ? windowsFor(this.shown.image, this.shown.frame, rangeOf(this.imageId)) : [];
  }

  /** The window that the picture is drawn with. */
  get window(): Window {
    return toWindow(this.viewport.getProperties().voiRange ?? { lower: 0, upper: 255 });
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

  private applyWindow(): void {
    const shown = this.shown;
    if (!shown) return;
    const isColor = shown.image.type === "rgb8";
    const own = fileWindows(shown.image, shown.frame)[0] ?? fullRange(rangeOf(this.imageId));
    const window = this.windowChoice === "file" ? own : this.windowChoice;
    this.viewport.setProperties({
      voiRange: isColor ? { lower: 0, upper: 255 } : toRange(window),
      invert: shown.image.inverted !== this.isTurned,
    });
  }

  fit(): void {
    this.viewport.resetCamera({ resetPan: true, resetZoom: true, resetToCenter: true, resetAspectRatio: true });
    this.viewport.render();
  }

  /** One pixel of the image on one pixel of the screen. */
  oneToOne(): void {
    const matrix = this.imageToCanvas();
    const perColumn = Math.hypot(matrix.a, matrix.b) * window.devicePixelRatio;
    this.viewport.setZoom(this.viewport.getZoom() / perColumn);
    this.viewport.render();
  }

  rotate(degrees: number): void {
    const presentation = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ ...presentation, rotation: ((presentation.rotation ?? 0) + degrees + 360) % 360 });
    this.viewport.render();
  }

  flip(direction: "horizontal" | "vertical"): void {
    const { flipHorizontal = false, flipVertical = false } = this.viewport.getCamera();
    this.viewport.setCamera(
      direction === "horizontal" ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical },
    );
    this.viewport.render();
  }

  /** The map from image coordinates (column, row; pixel centres at whole numbers) to CSS pixels of the plate. */
  imageToCanvas(): DOMMatrix {
    const { position, orientation, rowSpacing, columnSpacing } = planeOf(this.imageId);
    const at = (column: number, row: number): [number, number] =>
      this.viewport.worldToCanvas([0, 1, 2].map(
        (axis) => position[axis]! + orientation[axis]! * columnSpacing * column + orientation[axis + 3]! * rowSpacing * row,
      ) as [number, number, number]) as [number, number];
    const [origin, right, down] = [at(0, 0), at(1000, 0), at(0, 1000)];
    return new DOMMatrix([
      (right[0] - origin[0]) / 1000, (right[1] - origin[1]) / 1000,
      (down[0] - origin[0]) / 1000, (down[1] - origin[1]) / 1000,
      origin[0], origin[1],
    ]);
  }

  /** How many CSS pixels one column of the image takes. */
  get zoom(): number {
    const matrix = this.imageToCanvas();
    return Math.hypot(matrix.a, matrix.b);
  }

  private fail(message: string): void {
    this.failure = message;
    this.frame.classList.toggle("failed", message !== "");
    this.emit("failed");
  }
}

/** Whether two cells show space that can be compared: the same frame of reference. */
export function sharesSpace(one: Cell, other: Cell): boolean {
  const [a, b] = [one.shown?.image.frame_of_reference_uid, other.shown?.image.frame_of_reference_uid];
  return Boolean(a) && a === b;
}

/** A name that no other viewport on the page has. */
export function newCellId(): string {
  return `cell-${utilities.uuidv4()}`;
}
