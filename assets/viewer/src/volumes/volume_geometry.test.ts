import { expect, test } from "vitest";
import type { Plane, Vector } from "../cells/planes";
import { alignedWith, clampTo, gridOf, LOOKS, nearestPlane, reachOf, stepAlong, voxelAt } from "./volume_geometry";

function slices(count: number, step: Vector, plane: Partial<Plane> = {}): Plane[] {
  const first: Plane = {
    origin: [-10, -20, 5], right: [1, 0, 0], down: [0, 1, 0], columnSpacing: 0.5, rowSpacing: 1, columns: 41, rows: 31, ...plane,
  };
  return Array.from({ length: count }, (_, index) => ({
    ...first, origin: first.origin.map((at, axis) => at + index * step[axis]!) as Vector,
  }));
}

test("the grid has the images' spacing and, between slices, the distance of their positions", () => {
  const grid = gridOf(slices(5, [0, 0, 3]));
  expect(grid.dimensions).toEqual([41, 31, 5]);
  expect(grid.spacing).toEqual([0.5, 1, 3]);
  expect(grid.axes[2]).toEqual([0, 0, 1]);
  expect(reachOf(grid, [0, 0, 1])).toEqual([5, 17]);
  expect(reachOf(grid, [1, 0, 0])).toEqual([-10, 10]);
});

test("slices that go against their normal make a grid that goes with them", () => {
  const grid = gridOf(slices(5, [0, 0, -3]));
  expect(grid.spacing[2]).toBe(3);
  expect(grid.axes[2].map((part) => part + 0)).toEqual([0, 0, -1]);
  expect(reachOf(grid, [0, 0, 1])).toEqual([-7, 5]);
});

test("a point finds its voxel, and outside there is none", () => {
  const grid = gridOf(slices(5, [0, 0, 3]));
  expect(voxelAt(grid, [-10 + 0.5 * 7, -20 + 4, 5 + 2 * 3])).toEqual([7, 4, 2]);
  expect(voxelAt(grid, [-11, -20, 5])).toBeNull();
  expect(clampTo(grid, [-50, -4, 99])).toEqual([-10, -4, 17]);
});

test("an oblique grid is gone through in steps of its voxels' extent along the axis", () => {
  const half = Math.SQRT1_2;
  const grid = gridOf(slices(3, [0, -2 * half, 2 * half], { down: [0, half, half], rowSpacing: 1 }));
  expect(grid.spacing[2]).toBeCloseTo(2);
  expect(stepAlong(grid, [1, 0, 0])).toBeCloseTo(0.5);
  expect(stepAlong(grid, [0, 0, 1])).toBeCloseTo(Math.hypot(half, 2 * half)); // 1 mm rows and 2 mm slices at 45 degrees
});

test("the plane of the acquisition is the nearest one along the patient's axes", () => {
  expect(nearestPlane(slices(1, [0, 0, 1])[0]!)).toBe("axial");
  expect(nearestPlane(slices(1, [0, 0, 1], { right: [0, 1, 0], down: [0, 0, -1] })[0]!)).toBe("sagittal");
  expect(nearestPlane(slices(1, [0, 0, 1], { right: [1, 0, 0], down: [0, 0.2, -0.98] })[0]!)).toBe("coronal");
});

test("the planes are looked at as readers expect: the patient's right at the left, the head up", () => {
  expect(LOOKS.axial.right).toEqual([1, 0, 0]); // to the patient's left
  expect(LOOKS.axial.down).toEqual([0, 1, 0]); // to the back
  expect(LOOKS.coronal.down).toEqual([0, 0, -1]); // to the feet
  expect(LOOKS.sagittal.right).toEqual([0, 1, 0]); // to the back
});

test("a point follows another along one direction alone", () => {
  expect(alignedWith([1, 2, 3], [10, 20, 30], [0, 1, 0])).toEqual([1, 20, 3]);
});
