/** What stands in a picture's corners: whose it is, which image, how it is shown. */

import type { Cell } from "../cells/cell";
import type { StudyEntry, ViewerData } from "../data";
import { button, element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { HALO } from "./halo";
import { icon } from "../controls/icons";
import { planeOf } from "../images/images";
import type { Image, SeriesImages, Window } from "../server";
import type { Viewer } from "../stage";
import { toRange } from "../images/windows";

const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;
const SYNTHETIC = "SYNTHETIC";
const HIDDEN = "medcore-patient-hidden"; // in the browser session's memory

export type Corner = (typeof CORNERS)[number];
export type CornerTexts = Record<Corner, string[]>; // one line each; the later ones go first where there is no room

/** What a picture's corners are written from. */
export interface CornerFacts {
  study: StudyEntry | null;
  patientHidden: boolean;
  title: string; // of the series
  series: SeriesImages;
  place: number; // from 0
  image: Image;
  slicePosition: number | null; // mm along the slices' normal
  window: Window;
  windows: Window[]; // that have a name
  zoom: number; // pixels of the screen a column of the image
}

/** Write the four corners; what the study is synthetic by stands apart from them. */
export function cornerTexts(facts: CornerFacts): CornerTexts {
  const { study, series, image } = facts;
  const total = series.order.length;
  const noun = series.images.length === 1 && total > 1 ? "Frame" : "Image";
  return {
    "top-left": [study && !facts.patientHidden ? study.patient : "", study?.about ?? ""].filter(Boolean),
    "top-right": [facts.title, `${noun} ${facts.place + 1} of ${total}`].filter(Boolean),
    "bottom-left": image.type === "rgb8" ? [] : windowLines(facts.window, facts.windows, image.unit),
    "bottom-right": [
      `Zoom ${Math.round(facts.zoom * 100)} %`,
      facts.slicePosition === null ? "" : `Slice at ${decimal(facts.slicePosition, 1)} mm`,
      spacingNote(image),
    ].filter(Boolean),
  };
}

/** Which of the windows that have a name this one is, if any. */
export function namedWindow(window: Window, windows: Window[]): Window | null {
  const { lower, upper } = toRange(window);
  const near = (one: number, other: number) => Math.abs(one - other) <= 1e-3 * Math.max(1, upper - lower);
  return windows.find((one) => near(toRange(one).lower, lower) && near(toRange(one).upper, upper)) ?? null;
}

function windowLines(window: Window, windows: Window[], unit: string): string[] {
  const named = namedWindow(window, windows);
  const { center, width, name } = named ?? { ...window, name: "" };
  const digits = width < 10 ? 2 : 0;
  const numbers = [`C ${decimal(center, digits)}  W ${decimal(width, digits)}`, unit].filter(Boolean).join(" ");
  return [[name, numbers].filter(Boolean).join("  ")];
}

function spacingNote(image: Image): string {
  if (image.spacing_mm === null) return image.regions.length > 0 ? "mm inside the scan" : "Size in mm unknown";
  return image.spacing_source === "Imager Pixel Spacing" ? "mm at the detector" : "";
}

/** A number with a true minus, so that it cannot be taken for a dash. */
export function decimal(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

/** The study that a series belongs to: the one that is read, or one of its priors. */
export function studyOf(data: ViewerData, series: number | undefined): StudyEntry | null {
  const whole = [data, ...data.priors].find((one) => one.series.some((entry) => entry.id === series));
  return whole?.study ?? null;
}

/** How far along its normal a slice lies, in mm. */
export function slicePosition(
  position: readonly number[],
  orientation: readonly [number, number, number, number, number, number],
): number {
  const [a, b, c, d, e, f] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const main = normal.reduce((best, part, axis) => (Math.abs(part) > Math.abs(normal[best]!) ? axis : best), 0);
  const side = Math.sign(normal[main]!) || 1; // so that it grows to the left, to the back and to the head, as positions do
  return normal.reduce((sum, part, axis) => sum + side * part * position[axis]!, 0);
}

/** Write the corners of every cell; gives what hides the patient, or shows it again. */
export function addCorners(viewer: Viewer): () => void {
  const visibility = new PatientVisibility();
  onEachCell(viewer, (cell) => {
    const corners = new Corners(cell.cover);
    const update = () => corners.show(factsOf(viewer, cell, visibility.isHidden), isSynthetic(viewer, cell));
    for (const event of ["opened", "image", "rendered", "window", "failed"] as const) cell.on(event, update);
    viewer.on("data", update);
    visibility.onChange(update);
    update();
  });
  const markPlanes = () => mark(viewer, visibility.isHidden);
  viewer.on("volume", markPlanes);
  visibility.onChange(markPlanes);
  viewer.toolbar.append(element("div", { className: "group", role: "group", label: "Patient" }, [visibility.button]));
  return () => visibility.toggle();
}

/** Say in the planes through a volume whose they are: they stand in the place of the cells. */
function mark(viewer: Viewer, patientHidden: boolean): void {
  const study = studyOf(viewer.data, viewer.active.entry?.id);
  for (const cover of viewer.volume?.root.querySelectorAll(".plane > .cover") ?? []) {
    cover.querySelector(".corner.bottom-left")?.remove();
    const synthetic = study?.synthetic ? [element("span", { className: "synthetic", text: SYNTHETIC })] : [];
    const patient = study && !patientHidden ? [element("div", { text: study.patient })] : [];
    cover.append(element("div", { className: "corner bottom-left" }, [...synthetic, ...patient]));
  }
}

/** Whether the patient's name is shown: hidden for demonstrations, until the browser is closed. */
class PatientVisibility {
  readonly button = button("", "Patient's name on the images", () => this.toggle());
  private readonly listeners: (() => void)[] = [];

  constructor() {
    this.button.append(icon("patient"));
    this.press();
  }

  get isHidden(): boolean {
    return sessionStorage.getItem(HIDDEN) === "yes";
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  toggle(): void {
    sessionStorage.setItem(HIDDEN, this.isHidden ? "no" : "yes");
    this.press();
    for (const listener of this.listeners) listener();
  }

  private press(): void {
    this.button.setAttribute("aria-pressed", String(!this.isHidden));
  }
}

class Corners {
  private readonly synthetic = element("span", { className: "synthetic", text: SYNTHETIC });
  private readonly places: Record<Corner, HTMLDivElement>;
  private written = "";

  constructor(cover: HTMLElement) {
    const made = CORNERS.map((corner) => [corner, element("div", { className: `corner ${corner}` })] as const);
    this.places = Object.fromEntries(made) as Record<Corner, HTMLDivElement>;
    cover.append(...Object.values(this.places));
  }

  show(facts: CornerFacts | null, synthetic: boolean): void {
    const texts = facts ? cornerTexts(facts) : null;
    const writing = JSON.stringify([texts, synthetic]);
    if (writing === this.written) return;
    this.written = writing;
    for (const corner of CORNERS) {
      const lines = (texts?.[corner] ?? []).map((text) => element("div", { text }));
      this.places[corner].replaceChildren(...(synthetic && corner === "top-left" ? [this.synthetic] : []), ...lines);
    }
  }
}

function factsOf(viewer: Viewer, cell: Cell, patientHidden: boolean): CornerFacts | null {
  if (!cell.series || !cell.shown) return null;
  const { image, frame } = cell.shown;
  const { position, orientation } = image.per_frame[frame] ?? { position: null, orientation: null };
  const isPlaced = planeOf(cell.imageId).isPlaced && position !== null && orientation !== null;
  return {
    study: studyOf(viewer.data, cell.entry?.id),
    patientHidden,
    title: cell.entry?.title ?? "",
    series: cell.series,
    place: cell.place,
    image,
    slicePosition: isPlaced ? slicePosition(position, orientation) : null,
    window: cell.window,
    windows: cell.windows,
    zoom: cell.zoom * devicePixelRatio,
  };
}

function isSynthetic(viewer: Viewer, cell: Cell): boolean {
  return studyOf(viewer.data, cell.entry?.id)?.synthetic ?? false;
}

export const CORNERS_STYLE = `
.cover { container-type: size; }
.corner { position: absolute; user-select: none; max-width: 46%; font-size: 12px; line-height: 1.3; color: #d3d8da;
  text-shadow: ${HALO}; font-variant-numeric: tabular-nums; }
.corner > div { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.corner.top-left { top: 5px; left: 7px; }
.corner.top-right { top: 5px; right: 7px; text-align: right; }
.corner.bottom-left { bottom: 5px; left: 7px; }
.corner.bottom-right { bottom: 5px; right: 7px; text-align: right; }
.corner .synthetic { display: inline-block; padding: 0 4px; border-radius: 3px; background: #d3d8da; color: #14181a; font-size: 11px; font-weight: 600; text-shadow: none; }
@container (max-width: 420px) or (max-height: 220px) { .corner { max-width: 42%; font-size: 11px; } .corner > div:nth-of-type(n + 3) { display: none; } }
@container (max-width: 240px) or (max-height: 140px) { .corner > div:nth-of-type(n + 2) { display: none; } }
`;
