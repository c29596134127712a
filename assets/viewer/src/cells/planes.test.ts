import { expect, test } from "vitest";
import { centerOf, cut, footOf, goTogether, nearest, normalOf, type Plane, pointOf } from "./planes";

const axial: Plane = {
  origin: [-50, -40, 30], right: [1, 0, 0], down: [0, 1, 0], columnSpacing: 2, rowSpacing: 1, columns: 51, rows: 81,
};
const sagittal: Plane = {
  origin: [10, -60, 100], right: [0, 1, 0], down: [0, 0, -1], columnSpacing: 1, rowSpacing: 1, columns: 121, rows: 201,
};

test("a point goes to its column and row and back", () => {
  expect(pointOf(axial, 10, 20)).toEqual([-30, -20, 30]);
  expect(footOf(axial, [-30, -20, 77])).toEqual([10, 20]); // however far from the plane
  expect(centerOf(axial)).toEqual([0, 0, 30]);
  expect(normalOf(axial)).toEqual([0, 0, 1]);
});

test("an axial slice cuts a sagittal one in the row of its height, as far as the axial slice reaches", () => {
  const [from, to] = cut(axial, sagittal)!;
  // z = 30 is 70 mm below z = 100, so row 70; y runs from -40.5 to 40.5, so columns 19.5 to 100.5
  expect(from[1]).toBeCloseTo(70);
  expect(to[1]).toBeCloseTo(70);
  expect([from[0], to[0]].sort((a, b) => a - b)).toEqual([19.5, 100.5]);
});

test("a plane beside the film, or along it, leaves no line", () => {
  expect(cut({ ...axial, origin: [-500, -40, 30] }, sagittal)).toBeNull(); // ends 350 mm to the left
  expect(cut(axial, { ...axial, origin: [-50, -40, 35] })).toBeNull();
});

test("an oblique plane cuts along a slanted line", () => {
  const half = Math.SQRT1_2;
  const oblique: Plane = { ...axial, origin: [0, -20, 10], right: [1, 0, 0], down: [0, half, half], columns: 101, rows: 41, columnSpacing: 1 };
  const plane = { ...sagittal, origin: [10, 0, 0] as [number, number, number] };
  const [from, to] = cut(oblique, plane)!;
  // y - z is -30 all along it: column + row is -30 (row grows with -z)
  expect(from[0] + from[1]).toBeCloseTo(-30);
  expect(to[0] + to[1]).toBeCloseTo(-30);
  expect(Math.hypot(from[0] - to[0], from[1] - to[1])).toBeCloseTo(41); // 41 rows of 1 mm
});

test("stacks go together when their slices are about parallel, whichever way they are numbered", () => {
  expect(goTogether(axial, { ...axial, down: [0, -1, 0] })).toBe(true);
  expect(goTogether(axial, sagittal)).toBe(false);
});

test("the nearest position is found in any order", () => {
  expect(nearest([0, 5, 10, 15], 7)).toBe(1);
  expect(nearest([15, 10, 5, 0], 7)).toBe(2);
  expect(nearest([0, 5], -100)).toBe(0);
});
