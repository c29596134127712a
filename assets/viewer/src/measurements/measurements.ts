/** Measurements on the images: drawn by Cornerstone3D's tools, kept by the server, listed in a table beside them. */

import { eventTarget } from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import type { SeriesEntry } from "../data";
import { onEachCell } from "../cells/each_cell";
import { MeasuredImages } from "./measured_images";
import { asAnnotation, liesTheSame, measureDrawing, type Measurement, readDrawing, worldPoints } from "./measurement";
import { fetchMeasurements, saveMeasurement } from "./measurement_server";
import { type Entry, MeasurementStore } from "./measurement_store";
import { MeasurementTable } from "./measurement_table";
import type { Viewer } from "../stage";
import { redraw } from "../tools/tools";

const { annotation: drawings } = tools;
const { Events } = tools.Enums;

const RETRY_MS = 10_000; // until what could not be loaded is asked for again

type Drawing = tools.Types.Annotation;

// One for the page: what is not saved yet outlives the study that was closed.
const store = new MeasurementStore(saveMeasurement);
let typedName = ""; // beside the measurements, where the page asks for none
addEventListener("online", () => store.sendNow());
addEventListener("beforeunload", (event) => {
  if (store.unsent.length === 0) return;
  store.sendNow();
  event.preventDefault(); // the browser asks whether to leave
});

/** Keep and list what is measured; gives what opens and closes the list. */
export function addMeasurements(viewer: Viewer): () => void {
  const measurements = new Measurements(viewer);
  measurements.start();
  return () => measurements.table.toggle();
}

class Measurements {
  private readonly images = new MeasuredImages();
  readonly table: MeasurementTable;
  private readonly forget: (() => void)[] = [];
  private readonly removed = new Set<string>(); // drawings that an undo may bring back
  private readonly placed = new Set<string>(); // drawings that stand for a measurement
  private problem = ""; // why the saved ones could not be loaded
  private isPlacing = false; // what happens to drawings now is not the reader's doing
  private isLoaded = false;
  private isStopped = false;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly viewer: Viewer) {
    this.table = new MeasurementTable(viewer, {
      show: (entry) => void this.show(entry),
      remove: (entry) => this.removeEntry(entry),
      label: (entry, text) => this.setLabel(entry, text),
      retry: () => this.retry(),
      name: (name) => {
        typedName = name;
        this.onData();
      },
    });
  }

  start(): void {
    store.setReader(this.reader);
    this.hear(Events.ANNOTATION_COMPLETED, (drawing) => this.onDrawn(drawing, true));
    this.hear(Events.ANNOTATION_MODIFIED, (drawing) => this.onModified(drawing));
    this.hear(Events.ANNOTATION_ADDED, (drawing) => this.onAdded(drawing));
    this.hear(Events.ANNOTATION_REMOVED, (drawing) => this.onRemoved(drawing));
    this.hear(Events.ANNOTATION_SELECTION_CHANGE, () => this.refresh());
    this.forget.push(store.listen(() => this.place()));
    this.viewer.on("stopped", () => this.stop());
    this.viewer.on("data", () => this.onData());
    this.viewer.on("volume", () => this.refresh());
    onEachCell(this.viewer, (cell) => {
      cell.on("opened", () => {
        this.images.remember(this.viewer.data, cell.entry!, cell.series!);
        this.onLooking();
      });
      cell.on("failed", () => cell.failure && this.onLooking());
    });
    this.refresh();
  }

  private stop(): void {
    this.isStopped = true;
    clearTimeout(this.again);
    for (const forget of this.forget) forget();
  }

  /** Call a handler for as long as this viewer stands on the page. */
  private hear(event: string, handle: (drawing: Drawing) => void): void {
    const listener = (heard: Event) => handle((heard as CustomEvent<{ annotation: Drawing }>).detail.annotation);
    eventTarget.addEventListener(event, listener);
    this.forget.push(() => eventTarget.removeEventListener(event, listener));
  }

  private get reader(): string {
    return this.viewer.data.reader || typedName;
  }

  private get studies(): number[] {
    return [this.viewer.data.study.id, ...this.viewer.data.priors.map((prior) => prior.study.id)];
  }

  private onData(): void {
    store.setReader(this.reader);
    this.place();
  }

  private onLooking(): void {
    if (this.isLoaded) this.place();
    else void this.load();
  }

  /** Ask for what was saved of the study and its priors, after the first picture; again by itself where it failed. */
  private async load(): Promise<void> {
    this.isLoaded = true;
    this.problem = "";
    for (const study of this.studies) {
      try {
        await this.loadStudy(study);
      } catch (error) {
        this.problem = error instanceof Error ? error.message : String(error);
      }
    }
    if (this.isStopped) return;
    this.place();
    if (this.problem) this.again = setTimeout(() => void this.load(), RETRY_MS);
  }

  private async loadStudy(study: number): Promise<void> {
    const measurements = await fetchMeasurements(study);
    this.clear(measurements);
    store.load(study, measurements);
    await this.images.locate(this.viewer.data, study, measurements);
  }

  private retry(): void {
    store.sendNow();
    clearTimeout(this.again);
    if (this.problem) void this.load();
  }

  private onDrawn(drawing: Drawing, isFinished: boolean): void {
    const measurement = measureDrawing(drawing);
    const image = measurement && this.images.find(measurement.sop_instance_uid, measurement.frame);
    if (!measurement || !image) return;
    this.removed.delete(measurement.uid);
    store.change(image.study, measurement, isFinished);
  }

  /** The hand moved something; what the tools tell of a drawing that is as it was is passed over. */
  private onModified(drawing: Drawing): void {
    const known = store.find(drawing.annotationUID ?? "");
    const drawn = known && !this.isPlacing ? readDrawing(drawing) : null;
    if (!known || !drawn) return;
    if (liesTheSame(drawn.points, known.measurement.points) && drawn.text === known.measurement.text) return;
    if (this.isOpen(known)) this.onDrawn(drawing, false);
    else this.place();
  }

  private onAdded(drawing: Drawing): void {
    if (!this.isPlacing && this.removed.has(drawing.annotationUID ?? "")) this.onDrawn(drawing, true);
  }

  private onRemoved(drawing: Drawing): void {
    const known = store.find(drawing.annotationUID ?? "");
    if (!known || this.isPlacing) return;
    if (!this.isOpen(known)) return this.place(); // it is not the reader's to remove
    this.removed.add(known.measurement.uid);
    store.remove(known.measurement.uid);
  }

  /** Whether the reader may change it: own ones of this study, and what was drawn on a prior just now. */
  private isOpen(entry: Entry): boolean {
    return store.isOwn(entry) && (entry.study === this.viewer.data.study.id || !entry.isLoaded);
  }

  /** Have the drawings be what is known: each once, on its image, locked where it is another reader's. */
  private place(): void {
    this.isPlacing = true;
    for (const entry of store.of(this.studies)) {
      const { uid, sop_instance_uid, frame } = entry.measurement;
      const image = this.images.find(sop_instance_uid, frame);
      if (!image) continue;
      this.placed.add(uid);
      this.draw(entry, image.imageId);
      const isLocked = !this.isOpen(entry);
      if (drawings.locking.isAnnotationLocked(uid) !== isLocked) drawings.locking.setAnnotationLocked(uid, isLocked);
    }
    for (const drawing of drawings.state.getAllAnnotations()) this.dropIfGone(drawing);
    this.isPlacing = false;
    this.refresh();
  }

  private draw(entry: Entry, imageId: string): void {
    const { measurement } = entry;
    const known = drawings.state.getAnnotation(measurement.uid);
    if (!known) {
      const drawing = asAnnotation(measurement, imageId);
      drawings.state.addAnnotation(drawing, drawing.metadata!.FrameOfReferenceUID!);
    } else if (!this.isOutdated(known, entry)) {
      return;
    } else {
      if (!this.isOpen(entry)) known.data.handles!.points = worldPoints(measurement, imageId);
      known.data.label = measurement.text;
      known.invalidated = true;
    }
    redraw();
  }

  /** Where the reader may move it, the drawing is the truth: the hand may be ahead of what is known here. */
  private isOutdated(drawing: Drawing, entry: Entry): boolean {
    const drawn = readDrawing(drawing);
    if (!drawn) return false;
    return drawn.text !== entry.measurement.text || (!this.isOpen(entry) && !liesTheSame(drawn.points, entry.measurement.points));
  }

  /** Take away a drawing whose measurement was removed, here or elsewhere. */
  private dropIfGone(drawing: Drawing): void {
    const uid = drawing.annotationUID ?? "";
    if (this.placed.has(uid) && !store.find(uid)) drawings.state.removeAnnotation(uid);
  }

  /** Have what is drawn of saved measurements drawn anew, as the server has them now. */
  private clear(measurements: readonly Measurement[]): void {
    const unsent = new Set(store.unsent.map((entry) => entry.measurement.uid));
    this.isPlacing = true;
    for (const { uid } of measurements) if (!unsent.has(uid)) drawings.state.removeAnnotation(uid);
    this.isPlacing = false;
  }

  private async show(entry: Entry): Promise<void> {
    const { uid, sop_instance_uid, frame } = entry.measurement;
    const image = this.images.find(sop_instance_uid, frame);
    if (!image) return;
    await this.viewer.showInstance(image.series.id, sop_instance_uid, frame);
    drawings.selection.setAnnotationSelected(uid, true);
    redraw();
    this.refresh();
  }

  private removeEntry(entry: Entry): void {
    const { uid } = entry.measurement;
    if (drawings.state.getAnnotation(uid)) drawings.state.removeAnnotation(uid);
    else store.remove(uid);
    redraw();
  }

  private setLabel(entry: Entry, text: string): void {
    if (text === entry.measurement.text) return;
    store.change(entry.study, { ...entry.measurement, text });
    redraw();
  }

  private refresh(): void {
    const { data } = this.viewer;
    this.table.show({
      rows: store.of(this.studies).map((entry) => ({
        entry,
        isOpen: this.isOpen(entry),
        isSelected: drawings.selection.isAnnotationSelected(entry.measurement.uid),
        place: this.placeOf(entry, data.series.length + data.priors.length > 1),
      })),
      unsent: store.unsent.length,
      waiting: store.unsent.filter((entry) => entry.state === "waiting").length,
      problem: this.problem || (store.unsent.find((entry) => entry.problem)?.problem ?? ""),
      study: data.study.id,
    });
  }

  private placeOf(entry: Entry, isOneOfMany: boolean): string {
    const image = this.images.find(entry.measurement.sop_instance_uid, entry.measurement.frame);
    if (!image) return "";
    return isOneOfMany ? `${titleOf(image.series)}, ${image.number}` : `Image ${image.number}`;
  }
}

function titleOf(series: SeriesEntry): string {
  return series.title || "Series";
}
