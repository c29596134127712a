/** Windows to look through. Source: DICOM PS3.3, C.11.2.1.2 (LINEAR) and C.11.2.1.3 (SIGMOID, LINEAR_EXACT). */

import type { Image, Window } from "./server";

export interface Range {
  lower: number; // black at and below
  upper: number; // white at and above
}

const FULL_RANGE = "Full range";

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

/** Where a window's black ends and its white begins. */
export function toRange(window: Window): Range {
  const { center, width } = window;
  if (window.function === "LINEAR") return { lower: center - 0.5 - (width - 1) / 2, upper: center - 0.5 + (width - 1) / 2 };
  return { lower: center - width / 2, upper: center + width / 2 };
}

/** The window whose LINEAR_EXACT range this is: what a drag with the mouse leaves behind. */
export function toWindow(range: Range): Window {
  return {
    center: (range.lower + range.upper) / 2,
    width: range.upper - range.lower,
    name: "Own",
    function: "LINEAR_EXACT",
  };
}
