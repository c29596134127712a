/** Windows to look through. Source: DICOM PS3.3, C.11.2.1.2 (LINEAR) and C.11.2.1.3 (SIGMOID, LINEAR_EXACT). */

import type { Image, LookupTable, Window } from "../server";
import { entryOf } from "./values";

export interface Range {
  lower: number; // black at and below
  upper: number; // white at and above
}

const FULL_RANGE = "Full range";
const OWN = "Own";
const SIGMOID_REACH = 2; // widths to each side of the center: beyond, a sigmoid is within a tenth of a grey level of its end
const STEP = 1e-3; // the range of a window of width 1, which has none
const NODES = 1024; // of a curve; graphics cards are given as many

const CT_WINDOWS: Window[] = [
  { center: -600, width: 1500, name: "Lung", function: "LINEAR" },
  { center: 300, width: 1500, name: "Bone", function: "LINEAR" },
  { center: 40, width: 400, name: "Soft tissue", function: "LINEAR" },
  { center: 40, width: 80, name: "Brain", function: "LINEAR" },
];

/** The windows that a reader may choose from, the file's own first; none for colour. */
export function windowsFor(image: Image, frame: number, full: [number, number]): Window[] {
  if (image.type === "rgb8") return [];
  const presets = image.unit === "HU" ? CT_WINDOWS : [];
  return [...fileWindows(image, frame), ...presets, fullRange(full)];
}

export function fileWindows(image: Image, frame: number): Window[] {
  return image.per_frame[frame]?.windows ?? image.windows;
}

export function fullRange([lowest, highest]: [number, number]): Window {
  const width = Math.max(highest - lowest, 1e-6);
  return { center: (lowest + highest) / 2, width, name: FULL_RANGE, function: "LINEAR_EXACT" };
}

/** Where a window's black ends and its white begins; a sigmoid comes near to both only outside of its width. */
export function toRange(window: Window): Range {
  const { center, width } = window;
  if (window.function === "SIGMOID") return { lower: center - SIGMOID_REACH * width, upper: center + SIGMOID_REACH * width };
  if (window.function !== "LINEAR") return { lower: center - width / 2, upper: center + width / 2 };
  const lower = center - 0.5 - (width - 1) / 2;
  return { lower, upper: Math.max(center - 0.5 + (width - 1) / 2, lower + STEP) };
}

/** The window of a function whose range this is: what a drag with the mouse leaves behind. */
export function toWindow({ lower, upper }: Range, voiFunction = "LINEAR_EXACT"): Window {
  const [middle, extent] = [(lower + upper) / 2, upper - lower];
  if (voiFunction === "SIGMOID") return { center: middle, width: extent / (2 * SIGMOID_REACH), name: OWN, function: voiFunction };
  if (voiFunction === "LINEAR") return { center: middle + 0.5, width: extent + 1, name: OWN, function: voiFunction };
  return { center: middle, width: extent, name: OWN, function: "LINEAR_EXACT" };
}

/** How bright values between black and white are; `brightness` is null for a straight line, else it is spread evenly over the range. */
export interface Curve extends Range {
  brightness: number[] | null; // 0 to 1
}

export function curveOf(window: Window): Curve {
  const range = toRange(window);
  if (window.function !== "SIGMOID") return { ...range, brightness: null };
  const at = (share: number) => 1 / (1 + Math.exp(-4 * SIGMOID_REACH * (2 * share - 1)));
  return { ...range, brightness: Array.from({ length: NODES }, (_, index) => at(index / (NODES - 1))) };
}

/** The curve of a file's own table over the values that the image has; beyond its ends a table holds its first or last entry. */
export function tableCurve(table: LookupTable, [lowest, highest]: [number, number]): Curve {
  const first = Math.min(Math.max(table.first, Math.floor(lowest)), table.first + table.table.length - 1);
  const last = Math.max(Math.min(table.first + table.table.length - 1, Math.ceil(highest)), first + 1);
  const count = Math.min(last - first + 1, NODES);
  const white = 2 ** table.bits - 1;
  const value = (index: number) => first + ((last - first) * index) / (count - 1);
  return {
    lower: first,
    upper: last,
    brightness: Array.from({ length: count }, (_, index) => entryOf(table, value(index)) / white),
  };
}

/** What a drag changes a range to: to the right is wider, downwards is darker; `step` values a pixel of the screen. */
export function dragged({ lower, upper }: Range, right: number, down: number, step: number): Range {
  const extent = Math.max(upper - lower + right * step, step);
  const middle = (lower + upper) / 2 + down * step;
  return { lower: middle - extent / 2, upper: middle + extent / 2 };
}
