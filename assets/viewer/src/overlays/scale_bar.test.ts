import { expect, test } from "vitest";
import { lengthLabel, roundLength, unitsPerPixel } from "./scale_bar";

test.each([
  [137, 100], [100, 100], [99.9, 50], [49, 20], [19.9, 10], [7.2, 5], [4.9, 2], [1, 1], [0.99, 0.5], [0.3, 0.2], [0, 0], [Number.NaN, 0],
])("of %d the longest round length is %d", (longest, expected) => {
  expect(roundLength(longest)).toBe(expected);
});

test("lengths are in mm below a centimetre, then in cm, and say where they are true", () => {
  expect(lengthLabel(5, "mm")).toBe("5 mm");
  expect(lengthLabel(50, "mm")).toBe("5 cm");
  expect(lengthLabel(20, "mm at the detector")).toBe("2 cm at the detector");
  expect(lengthLabel(100, "px")).toBe("100 px");
});

test("down the screen a pixel covers what a row does, or a column where the image is turned", () => {
  const spacing = [0.5, 0.2] as const; // between rows, between columns
  expect(unitsPerPixel({ a: 0.4, b: 0, c: 0, d: 1 }, spacing)).toBeCloseTo(0.5, 9); // one pixel a row of 0.5 mm
  expect(unitsPerPixel({ a: 0, b: 0.4, c: -1, d: 0 }, spacing)).toBeCloseTo(0.5, 9); // 0.4 pixels a column of 0.2 mm
  expect(unitsPerPixel({ a: -0.8, b: 0, c: 0, d: -2 }, spacing)).toBeCloseTo(0.25, 9); // twice as large, turned by 180
});

test("turned by 45 degrees, a pixel covers the same as upright", () => {
  const half = Math.SQRT1_2;
  expect(unitsPerPixel({ a: half, b: half, c: -half, d: half }, [0.3, 0.3])).toBeCloseTo(0.3, 9);
});
