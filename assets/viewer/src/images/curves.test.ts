// @vitest-environment node

import { expect, test, vi } from "vitest";

vi.mock("@cornerstonejs/core", () => ({ utilities: {} }));

const { pointsOf } = await import("./curves");

test("a straight line has two nodes, turned round when black and white are changed over", () => {
  expect(pointsOf({ lower: -10, upper: 30, brightness: null }, false)).toEqual([-10, 0, 0, 0, 30, 1, 1, 1]);
  expect(pointsOf({ lower: -10, upper: 30, brightness: null }, true)).toEqual([-10, 1, 1, 1, 30, 0, 0, 0]);
});

test("a curve's nodes are spread evenly over its range", () => {
  const points = pointsOf({ lower: 0, upper: 2, brightness: [0, 0.25, 1] }, false);
  expect(points.filter((_, index) => index % 4 === 0)).toEqual([0, 1, 2]);
  expect(points[5]).toBe(0.25);
});
