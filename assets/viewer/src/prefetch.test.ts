import { expect, test, vi } from "vitest";

vi.mock("@cornerstonejs/core", () => ({ cache: {}, imageLoader: {} }));

const { nearestFirst } = await import("./prefetch");

test("the nearest images come first, and of two as near the later one", () => {
  expect(nearestFirst(5, 2)).toEqual([2, 3, 1, 4, 0]);
  expect(nearestFirst(3, 0)).toEqual([0, 1, 2]);
});
