/**
 * In what a film is measured, and how that is written: millimetres in the patient; at the detector where only that is
 * known; else pixels, counted in their widths.
 * Source: DICOM PS3.3, 10.7.1 (Pixel Spacing), C.8.11.2 (Imager Pixel Spacing), C.8.5.5 (US Region Calibration).
 */

import type { Image } from "../server";

export type LengthUnit = "mm" | "mm at the detector" | "px";
export type ValueUnit = "HU" | "";

/** What one tool draws. */
export type Kind = "length" | "angle" | "rectangle" | "ellipse" | "probe" | "arrow";

/** What was read off: numbers by name, and their units. An area's unit is the square of a length's. */
export interface Measured {
  values: Record<string, number>;
  unit: { length: LengthUnit; value: ValueUnit };
}

export function valueUnit(image: Image): ValueUnit {
  return image.unit === "HU" ? "HU" : "";
}

/** How far apart rows and columns lie, and in what. */
export interface Scale {
  row: number;
  column: number;
  unit: LengthUnit;
}

/** The scale at some points of an image: that of the ultrasound region that holds all of them, where the whole has none. */
export function scaleAt(image: Image, points: readonly (readonly [number, number])[]): Scale {
  if (image.spacing_mm) {
    const unit = image.spacing_source === "Imager Pixel Spacing" ? "mm at the detector" : "mm";
    return { row: image.spacing_mm[0], column: image.spacing_mm[1], unit };
  }
  const region = image.regions.find(({ box }) => points.every((point) => isInside(box, point)));
  if (region) return { row: region.spacing_mm[0], column: region.spacing_mm[1], unit: "mm" };
  return { row: image.pixel_aspect, column: 1, unit: "px" };
}

/** The scale of a whole image, as a bar beside it shows: of ultrasound regions only where all of them share it. */
export function wholeScale(image: Image): Scale {
  const first = image.regions[0];
  const isShared = first && image.regions.every(({ spacing_mm: [row, column] }) =>
    row === first.spacing_mm[0] && column === first.spacing_mm[1]);
  return scaleAt(image, isShared ? [[first.box[0], first.box[1]]] : [[-1, -1]]);
}

function isInside([left, top, right, bottom]: readonly number[], [column, row]: readonly [number, number]): boolean {
  return column >= left! && column <= right! && row >= top! && row <= bottom!;
}

export function writeLength(length: number, unit: LengthUnit): string {
  return `${length.toFixed(1)} ${unit}`;
}

export function writeArea(area: number, unit: LengthUnit): string {
  const square = { mm: "mm²", "mm at the detector": "mm² at the detector", px: "px²" }[unit];
  return `${area.toFixed(1)} ${square}`;
}

export function writeAngle(degrees: number): string {
  return `${degrees.toFixed(1)}°`;
}

/** A brightness: whole where it is, else with one decimal; small ones with three digits that count. */
export function writeValue(value: number, unit: ValueUnit): string {
  return unit ? `${writeNumber(value)} ${unit}` : writeNumber(value);
}

function writeNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3) return value.toPrecision(3);
  return Math.abs(value) < 1 ? String(Number(value.toPrecision(3))) : value.toFixed(1);
}

/** The lines that stand beside a measurement on the film; an arrow's own text is drawn by its tool. */
export function linesFor(kind: Kind, { values, unit }: Measured): string[] {
  if (kind === "length") return [writeLength(values.length!, unit.length)];
  if (kind === "angle") return [writeAngle(values.angle!)];
  if (kind === "probe") return values.value === undefined ? [] : [writeValue(values.value, unit.value)];
  if (kind === "arrow") return [];
  const lines = values.area === undefined ? [] : [writeArea(values.area, unit.length)];
  if (values.mean === undefined) return lines;
  return [
    `Mean ${writeValue(values.mean, unit.value)}`,
    `SD ${writeValue(values.standard_deviation!, unit.value)}`,
    `Min ${writeNumber(values.minimum!)}  Max ${writeValue(values.maximum!, unit.value)}`,
    ...lines,
  ];
}
