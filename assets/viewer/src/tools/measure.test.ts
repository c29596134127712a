// @vitest-environment node

import { expect, test } from "vitest";
import { imageLike } from "../fixtures";
import { measure } from "./measure";
import type { Point } from "./regions";

const VALUES = Int16Array.from({ length: 20 }, (_, index) => index); // 4 rows of 5

test("a length counts rows and columns by their own spacing", () => {
  const measured = measure("length", [[0, 0], [4, 3]], imageLike(), 0, VALUES);
  expect(measured!.values.length).toBeCloseTo(Math.hypot(4 * 0.25, 3 * 0.5), 12);
});

test("an angle is one in the patient, not one in pixels", () => {
  const corner: Point[] = [[4, 0], [0, 0], [4, 2]]; // 1 mm to the right, 1 mm down
  expect(measure("angle", corner, imageLike(), 0, VALUES)!.values.angle).toBeCloseTo(45, 10);
});

test("an angle of almost nothing is almost nothing, a straight one 180 degrees", () => {
  const square = imageLike({ spacing_mm: [1, 1] });
  expect(measure("angle", [[1, 0], [0, 0], [1, 1e-6]], square, 0, VALUES)!.values.angle).toBeCloseTo(5.73e-5, 6);
  expect(measure("angle", [[1, 0], [0, 0], [-1, 0]], square, 0, VALUES)!.values.angle).toBeCloseTo(180, 10);
});

test("a probe reads the pixel whose square it lies in", () => {
  expect(measure("probe", [[2.4, 0.6]], imageLike(), 0, VALUES)!.values.value).toBe(7);
});

test("a probe beside the image, or on colour, reads nothing", () => {
  expect(measure("probe", [[-0.6, 0]], imageLike(), 0, VALUES)!.values).toEqual({});
  expect(measure("probe", [[0, 0]], imageLike({ type: "rgb8" }), 0, VALUES)!.values).toEqual({});
});

test("a rectangle counts the pixels whose centres lie in it, its edges too", () => {
  const corners: Point[] = [[1, 1], [3, 1], [1, 2], [3, 2]];
  const { values } = measure("rectangle", corners, imageLike(), 0, VALUES)!; // 6 7 8 11 12 13
  expect(values).toMatchObject({ mean: 9.5, minimum: 6, maximum: 13, pixels: 6 });
  expect(values.standard_deviation).toBeCloseTo(2.6299556, 6);
  expect(values.area).toBeCloseTo(2 * 0.25 * 1 * 0.5, 12);
});

test("an ellipse leaves out the corners of the rectangle around it", () => {
  const ends: Point[] = [[2, 3], [2, 1], [1, 2], [3, 2]];
  const { values } = measure("ellipse", ends, imageLike(), 0, VALUES)!; // 7, 11 12 13, 17
  expect(values).toMatchObject({ mean: 12, minimum: 7, maximum: 17, pixels: 5 });
  expect(values.area).toBeCloseTo(Math.PI * 0.25 * 0.5, 12);
});

test("padding counts neither for the mean nor for the minimum", () => {
  const padded = imageLike({ padding: [6, 8], slope: 1, intercept: 0 });
  const { values } = measure("rectangle", [[1, 1], [3, 1], [1, 2], [3, 2]], padded, 0, VALUES)!;
  expect(values).toMatchObject({ mean: 12, minimum: 11, pixels: 3 });
});

test("a region of nothing but padding has an area and no mean", () => {
  const { values } = measure("rectangle", [[0, 0], [4, 0], [0, 3], [4, 3]], imageLike({ padding: [0, 99] }), 0, VALUES)!;
  expect(values).toEqual({ area: 1.5 });
});

test("a turned rectangle counts what lies in it", () => {
  const diamond: Point[] = [[2, 0], [4, 2], [0, 2], [2, 4]];
  expect(measure("rectangle", diamond, imageLike(), 0, VALUES)!.values.pixels).toBe(12); // 1 + 3 + 5 + 3, the last one outside
});

test("a drawing that is not finished says nothing", () => {
  expect(measure("angle", [[0, 0], [1, 1]], imageLike(), 0, VALUES)).toBeNull();
});
