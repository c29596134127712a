import { expect, test } from "vitest";
import { edgeLetters, letters, screenDirections } from "./orientation";

const UPRIGHT = { a: 2, b: 0, c: 0, d: 2 };
const AXIAL = [1, 0, 0, 0, 1, 0] as const;
const CORONAL = [1, 0, 0, 0, 0, -1] as const;
const SAGITTAL = [0, 1, 0, 0, 0, -1] as const;
const SQUARE = [1, 1] as const;

test.each([
  ["axial", AXIAL, { left: "R", right: "L", top: "A", bottom: "P" }],
  ["coronal", CORONAL, { left: "R", right: "L", top: "H", bottom: "F" }],
  ["sagittal", SAGITTAL, { left: "A", right: "P", top: "H", bottom: "F" }],
])("%s slices have the letters that every atlas gives them", (_, orientation, expected) => {
  expect(edgeLetters(screenDirections(UPRIGHT, orientation, SQUARE))).toEqual(expected);
});

test("mirrored left to right, only left and right change places", () => {
  const mirrored = screenDirections({ a: -2, b: 0, c: 0, d: 2 }, AXIAL, SQUARE);
  expect(edgeLetters(mirrored)).toEqual({ left: "L", right: "R", top: "A", bottom: "P" });
});

test("turned by 90 degrees clockwise, what was on top is on the right", () => {
  const turned = screenDirections({ a: 0, b: 2, c: -2, d: 0 }, AXIAL, SQUARE); // columns run down, rows to the left
  expect(edgeLetters(turned)).toEqual({ left: "P", right: "A", top: "R", bottom: "L" });
});

test("an oblique direction has two letters, the nearer axis first; one within 15 degrees of an axis has one", () => {
  expect(letters([0.8, -0.6, 0])).toBe("LA");
  expect(letters([0.1, 0.2, 0.97])).toBe("H");
  expect(letters([0.55, 0.6, 0.58])).toBe("PH");
  expect(letters([0, 0, 0])).toBe("");
});

test("pixels that are not square do not bend the directions", () => {
  const half = Math.SQRT1_2; // turned by 45 degrees: equal parts of left and back, however long the pixels
  const turn = { a: half * 1, b: half * 1, c: -half * 3, d: half * 3 }; // a row is three times as tall as a column is wide
  const { right } = screenDirections(turn, AXIAL, [3, 1]);
  expect(right[0]).toBeCloseTo(half, 6);
  expect(right[1]).toBeCloseTo(-half, 6);
});
