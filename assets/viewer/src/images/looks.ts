/** What an image is looked at through: the file's own window or table, or what the reader chose. */

import { imageOf, rangeOf } from "./images";
import type { Window } from "../server";
import { curveOf, type Curve, fileWindows, fullRange, tableCurve, toWindow } from "./windows";

/** What the reader looks through: what each file asks for, one of `windowsFor`, or an own one. */
export type WindowChoice = "file" | Window;

/** The window to draw an image with, and how it gets from black to white. */
export function lookThrough(choice: WindowChoice, imageId: string): { window: Window; curve: Curve } {
  const { image, frame } = imageOf(imageId);
  const range = rangeOf(imageId);
  if (choice === "file" && image.voi_lut && image.type !== "rgb8") {
    const curve = tableCurve(image.voi_lut, range);
    return { window: { ...toWindow(curve), name: "Table" }, curve };
  }
  const window = choice === "file" ? (fileWindows(image, frame)[0] ?? fullRange(range)) : choice;
  return { window, curve: curveOf(window) };
}
