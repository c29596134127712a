// @vitest-environment node

import { expect, test } from "vitest";
import { imageLike } from "../fixtures";
import { isNumber, paddingValues, readStored, toModalityValues, typeOfSeries, valueRange } from "./values";

test("one type holds all of a series: the smallest that does", () => {
  const ct = imageLike({ type: "uint16", bits_stored: 12, intercept: -1024 });
  expect(typeOfSeries([imageLike({ type: "uint8" })])).toBe("Uint8Array");
  expect(typeOfSeries([imageLike({ type: "uint16", bits_stored: 16 })])).toBe("Uint16Array");
  expect(typeOfSeries([ct])).toBe("Int16Array");
  expect(typeOfSeries([ct, imageLike({ type: "uint16", bits_stored: 16 })])).toBe("Float32Array");
  expect(typeOfSeries([ct, imageLike({ slope: 0.5 })])).toBe("Float32Array");
  expect(typeOfSeries([ct, imageLike({ type: "float32" })])).toBe("Float32Array");
});

test("a frame with a rescale of its own counts for the type", () => {
  const frames = [{ position: null, orientation: null }, { position: null, orientation: null, slope: 1.5 }];
  expect(typeOfSeries([imageLike({ type: "uint8", frames: 2, per_frame: frames })])).toBe("Float32Array");
});

test("a series of a hundred thousand frames, each with a rescale of its own, has a type", () => {
  const frames = Array.from({ length: 100_000 }, (_, slope) => ({ position: null, orientation: null, slope: slope + 1, intercept: 0 }));
  expect(typeOfSeries([imageLike({ frames: frames.length, per_frame: frames })])).toBe("Float32Array");
});

test("colour does not change the type of the grey images beside it", () => {
  expect(typeOfSeries([imageLike({ type: "rgb8" }), imageLike({ type: "uint8" })])).toBe("Uint8Array");
});

test("stored values become modality values, each frame by its own rescale", () => {
  const frames = [{ position: null, orientation: null }, { position: null, orientation: null, slope: 2, intercept: 1 }];
  const image = imageLike({ intercept: -10, frames: 2, per_frame: frames });
  expect([...toModalityValues(image, 0, Int16Array.of(1, 2), "Int16Array")]).toEqual([-9, -8]);
  expect([...toModalityValues(image, 1, Int16Array.of(1, 2), "Int16Array")]).toEqual([3, 5]);
});

test("values that need nothing are not copied", () => {
  const stored = Int16Array.of(1, 2);
  expect(toModalityValues(imageLike(), 0, stored, "Int16Array")).toBe(stored);
});

test("a modality table maps, and ends at its ends", () => {
  const image = imageLike({ modality_lut: { first: 10, bits: 8, table: [5, 6, 7] } });
  expect([...toModalityValues(image, 0, Int16Array.of(0, 10, 11, 99), "Uint8Array")]).toEqual([5, 5, 6, 7]);
});

test("8-bit signed values keep their sign", () => {
  expect([...readStored(imageLike({ type: "int8" }), Uint8Array.of(255, 127).buffer)]).toEqual([-1, 127]);
});

test("what is no number is drawn as the darkest and counts for nothing", () => {
  const image = imageLike({ type: "float32" });
  const stored = Float32Array.of(NaN, 1, 2, Infinity);
  const values = toModalityValues(image, 0, stored, "Float32Array");
  expect([...values].map(isNumber)).toEqual([false, true, true, false]);
  expect(valueRange(image, stored, values)).toEqual([1, 2]);
});

test("padding is left out of the range, unless there is nothing else", () => {
  const image = imageLike({ padding: [-2000, -1500] });
  const stored = Int16Array.of(-2000, -1500, 10, 20);
  expect(valueRange(image, stored, stored)).toEqual([10, 20]);
  expect(valueRange(image, stored.slice(0, 2), stored.slice(0, 2))).toEqual([-2000, -1500]);
});

test("padding is known in modality values", () => {
  expect(paddingValues(imageLike({ padding: [0, 5], slope: -1, intercept: 100 }), 0)).toEqual([95, 100]);
  expect(paddingValues(imageLike(), 0)).toBeNull();
});
