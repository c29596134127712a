/** Bytes from the server become modality values. Source: DICOM PS3.3, C.11.1 (Modality LUT). */

import type { Image, LookupTable } from "./server";

export type Values = Uint8Array | Uint16Array | Int16Array | Float32Array;

const INT16 = { lowest: -32768, highest: 32767 };

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

/** Map stored values to modality values (HU for CT); whole numbers stay whole where 16 bits hold them. */
export function toModalityValues(image: Image, frame: number, stored: Values): Values {
  if (image.modality_lut) return throughTable(image.modality_lut, stored);
  const slope = image.per_frame[frame]?.slope ?? image.slope;
  const intercept = image.per_frame[frame]?.intercept ?? image.intercept;
  if (slope === 1 && intercept === 0) return stored;
  const values = staysInInt16(image, slope, intercept) ? new Int16Array(stored.length) : new Float32Array(stored.length);
  for (let i = 0; i < stored.length; i++) values[i] = stored[i]! * slope + intercept;
  return values;
}

function throughTable(lut: LookupTable, stored: Values): Uint16Array {
  const last = lut.table.length - 1;
  return Uint16Array.from(stored, (value) => lut.table[Math.min(Math.max(Math.round(value) - lut.first, 0), last)]!);
}

function staysInInt16(image: Image, slope: number, intercept: number): boolean {
  if (!Number.isInteger(slope) || !Number.isInteger(intercept) || image.type === "float32") return false;
  const signed = image.type === "int16" || image.type === "int8";
  const bits = image.type === "uint8" || image.type === "int8" ? 8 : Math.min(image.bits_stored, 16);
  const edges = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return edges.every((edge) => {
    const value = edge * slope + intercept;
    return value >= INT16.lowest && value <= INT16.highest;
  });
}

/** The lowest and highest modality value, padding and what is no number left out. */
export function valueRange(image: Image, stored: Values, values: Values): [number, number] {
  const [paddingLow, paddingHigh] = image.padding ?? [1, 0];
  let lowest = Infinity;
  let highest = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if ((stored[i]! >= paddingLow && stored[i]! <= paddingHigh) || !Number.isFinite(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return lowest <= highest ? [lowest, highest] : [0, 1];
}
