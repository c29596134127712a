// @vitest-environment node

import { expect, test } from "vitest";
import { imageLike } from "../fixtures";
import { curveOf, dragged, tableCurve, toRange, toWindow, windowsFor } from "./windows";

const windowOf = (center: number, width: number, voiFunction: string) => ({ center, width, name: "", function: voiFunction });

test("LINEAR and LINEAR_EXACT end where DICOM says", () => {
  expect(toRange(windowOf(2048, 4096, "LINEAR"))).toEqual({ lower: 0, upper: 4095 });
  expect(toRange(windowOf(2048, 4096, "LINEAR_EXACT"))).toEqual({ lower: 0, upper: 4096 });
});

test("a LINEAR window of width 1 is a step, not nothing", () => {
  const { lower, upper } = toRange(windowOf(10, 1, "LINEAR"));
  expect(lower).toBe(9.5);
  expect(upper).toBeGreaterThan(lower);
});

test.each(["LINEAR", "LINEAR_EXACT", "SIGMOID"])("a %s window comes back from its range", (voiFunction) => {
  expect(toWindow(toRange(windowOf(40, 400, voiFunction)), voiFunction)).toMatchObject({ center: 40, width: 400 });
});

test("a sigmoid follows its formula", () => {
  const { lower, upper, brightness } = curveOf(windowOf(100, 50, "SIGMOID"));
  const value = lower + ((upper - lower) * 700) / 1023;
  expect(brightness![700]).toBeCloseTo(1 / (1 + Math.exp((-4 * (value - 100)) / 50)), 9);
});

test("a table is drawn where the image has values", () => {
  const table = { first: 0, bits: 8, table: Array.from({ length: 256 }, (_, index) => 255 - index) };
  const curve = tableCurve(table, [100, 110]);
  expect(curve).toMatchObject({ lower: 100, upper: 110 });
  expect(curve.brightness![0]).toBeCloseTo(155 / 255, 12);
  expect(curve.brightness!.at(-1)).toBeCloseTo(145 / 255, 12);
});

test("beyond a table's end its last entry holds", () => {
  const table = { first: 0, bits: 8, table: [0, 255] };
  expect(tableCurve(table, [-50, 500])).toEqual({ lower: 0, upper: 1, brightness: [0, 1] });
  expect(tableCurve(table, [500, 600]).brightness!.at(-1)).toBe(1);
});

test("presets are offered where the values are HU, none on colour", () => {
  const names = (image: ReturnType<typeof imageLike>) => windowsFor(image, 0, [0, 1]).map((window) => window.name);
  expect(names(imageLike())).toEqual(["Lung", "Bone", "Soft tissue", "Brain", "Full range"]);
  expect(names(imageLike({ unit: "" }))).toEqual(["Full range"]);
  expect(names(imageLike({ type: "rgb8" }))).toEqual([]);
});

test("a drag to the right widens, one downwards darkens, and a window never closes", () => {
  expect(dragged({ lower: 0, upper: 100 }, 10, 0, 2)).toEqual({ lower: -10, upper: 110 });
  expect(dragged({ lower: 0, upper: 100 }, 0, 10, 2)).toEqual({ lower: 20, upper: 120 });
  expect(dragged({ lower: 0, upper: 100 }, -500, 0, 2)).toEqual({ lower: 49, upper: 51 });
});
