/** Bytes from the server become modality values. Source: DICOM PS3.3, C.11.1 (Modality LUT). */

import type { Image, LookupTable } from "../server";

export type Values = Uint8Array | Uint16Array | Int16Array | Float32Array;
export type ValueType = "Uint8Array" | "Uint16Array" | "Int16Array" | "Float32Array";

const NO_NUMBER = -1e37; // stands for NaN, which graphics cards draw as they like; float32 reaches 3.4e38
const REACH: [Exclude<ValueType, "Float32Array">, number, number][] = [
  ["Uint8Array", 0, 255],
  ["Uint16Array", 0, 65535],
  ["Int16Array", -32768, 32767],
];
const ARRAYS = { Uint8Array, Uint16Array, Int16Array, Float32Array };

/** Read stored values; 8-bit signed ones are widened, for graphics cards have no such texture. */
export function readStored(image: Image, bytes: ArrayBuffer): Values {
  switch (image.type) {
    case "int8":
      return Int16Array.from(new Int8Array(bytes));
    case "uint16":
      return new Uint16Array(bytes);
    case "int16":
      return new Int16Array(bytes);
    case "float32":
      return new Float32Array(bytes);
    default:
      return new Uint8Array(bytes);
  }
}

/** The smallest type that holds the modality values of all frames of a series: one type, one texture. */
export function typeOfSeries(images: Image[]): ValueType {
  const reaches = images.filter((image) => image.type !== "rgb8").flatMap(reachesOf);
  if (!reaches.every((reach) => reach && reach.every(Number.isInteger))) return "Float32Array";
  const edges = reaches.flatMap((reach) => reach!);
  const lowest = edges.reduce((one, other) => Math.min(one, other), Infinity);
  const highest = edges.reduce((one, other) => Math.max(one, other), -Infinity);
  return REACH.find(([, low, high]) => lowest >= low && highest <= high)?.[0] ?? "Float32Array";
}

/** The values that each frame could have at its darkest and brightest, and one step between; null where that is not known. */
function reachesOf(image: Image): (number[] | null)[] {
  if (image.modality_lut) return [[0, image.modality_lut.table.reduce((a, b) => Math.max(a, b), 0)]];
  const stored = storedReach(image);
  if (!stored) return [null];
  const rescales = [rescaleOf(image, -1), ...image.per_frame.map((_, frame) => rescaleOf(image, frame))];
  const [low, high] = stored;
  return distinct(rescales).map(({ slope, intercept }) => [low, low + 1, high].map((value) => value * slope + intercept));
}

function distinct(rescales: { slope: number; intercept: number }[]): { slope: number; intercept: number }[] {
  return [...new Map(rescales.map((one) => [`${one.slope} ${one.intercept}`, one])).values()];
}

function storedReach(image: Image): [number, number] | null {
  if (image.type === "float32") return null;
  const bits = image.type.endsWith("16") ? Math.min(image.bits_stored, 16) : 8;
  return image.type.startsWith("int") ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

function rescaleOf(image: Image, frame: number): { slope: number; intercept: number } {
  const own = image.per_frame[frame];
  return { slope: own?.slope ?? image.slope, intercept: own?.intercept ?? image.intercept };
}

/** Map stored values to modality values (HU for CT), in the type of their series. */
export function toModalityValues(image: Image, frame: number, stored: Values, type: ValueType): Values {
  const lut = image.modality_lut;
  const { slope, intercept } = rescaleOf(image, frame);
  const isSame = !lut && slope === 1 && intercept === 0;
  if (isSame && stored.constructor.name === type && type !== "Float32Array") return stored;
  const values = new ARRAYS[type](stored.length);
  if (lut) for (let i = 0; i < stored.length; i++) values[i] = entryOf(lut, stored[i]!);
  else for (let i = 0; i < stored.length; i++) values[i] = stored[i]! * slope + intercept;
  return values instanceof Float32Array ? withoutNaN(values) : values;
}

function withoutNaN(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) values[i] = values[i] === Infinity ? -NO_NUMBER : NO_NUMBER;
  }
  return values;
}

export function isNumber(value: number): boolean {
  return Math.abs(value) < -NO_NUMBER * 0.99;
}

/** A table's entry; beyond its ends is its first or last one. */
export function entryOf(lut: LookupTable, value: number): number {
  return lut.table[Math.min(Math.max(Math.round(value) - lut.first, 0), lut.table.length - 1)]!;
}

/** The lowest and highest modality value that mean "no image here"; null where the file names none. */
export function paddingValues(image: Image, frame: number): [number, number] | null {
  if (!image.padding) return null;
  const { slope, intercept } = rescaleOf(image, frame);
  const map = (stored: number) =>
    image.modality_lut ? entryOf(image.modality_lut, stored) : Math.fround(stored * slope + intercept);
  const [one, other] = [map(image.padding[0]), map(image.padding[1])];
  return [Math.min(one, other), Math.max(one, other)];
}

/** The lowest and highest modality value, padding and what is no number left out. */
export function valueRange(image: Image, stored: Values, values: Values): [number, number] {
  const inside = rangeBeside(image.padding ?? [1, 0], stored, values);
  return inside ?? rangeBeside([1, 0], stored, values) ?? [0, 1];
}

function rangeBeside([low, high]: [number, number], stored: Values, values: Values): [number, number] | null {
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if ((stored[i]! >= low && stored[i]! <= high) || !isNumber(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return lowest <= highest ? [lowest, highest] : null;
}
