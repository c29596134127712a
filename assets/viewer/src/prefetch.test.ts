// @vitest-environment node

import { expect, test, vi } from "vitest";

vi.mock("@cornerstonejs/core", () => ({ cache: {}, imageLoader: {} }));
vi.mock("./images", () => ({ bytesOf: () => 1 }));

const { cacheBytes, nearestFirst } = await import("./prefetch");

test("the nearest images come first, and of two as near the later one", () => {
  expect(nearestFirst(5, 2)).toEqual([2, 3, 1, 4, 0]);
  expect(nearestFirst(3, 0)).toEqual([0, 1, 2]);
  expect(nearestFirst(3, 2)).toEqual([2, 1, 0]);
});

test("images take at most a quarter of a small machine's memory", () => {
  expect(cacheBytes(2)).toBe(2 ** 29);
  expect(cacheBytes(8)).toBe(1.5e9);
  expect(cacheBytes(undefined)).toBe(1.5e9);
});
