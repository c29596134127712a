// @vitest-environment node

import { expect, test, vi } from "vitest";

const loaded = new Map<string, { sharedCacheKey?: string }>();
const asked: string[] = [];

vi.mock("@cornerstonejs/core", () => ({
  cache: {
    isLoaded: (imageId: string) => loaded.has(imageId),
    getImage: (imageId: string) => loaded.get(imageId),
    getMaxCacheSize: () => 100,
    removeImageLoadObject: (imageId: string) => loaded.delete(imageId),
  },
}));
vi.mock("./images", () => ({
  bytesOf: () => 10,
  loadIntoCache: async (imageId: string) => {
    asked.push(imageId);
    loaded.set(imageId, {});
  },
}));

const { cacheBytes, nearestFirst, Prefetch } = await import("./prefetch");

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

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

test("of a long series only as much is kept as the memory has room for, nearest to the reader", async () => {
  const imageIds = Array.from({ length: 40 }, (_, index) => `image ${index}`);
  const prefetch = new Prefetch();
  prefetch.start(imageIds, 0);
  await settled();
  expect([...loaded.keys()]).toEqual(imageIds.slice(0, 6)); // 60 of 100 bytes
  loaded.set("image 5", { sharedCacheKey: "a volume" });
  prefetch.moveTo(20);
  await settled();
  expect(new Set(loaded.keys())).toEqual(new Set(["image 5", ...imageIds.slice(18, 24)]));
  expect(asked.length).toBe(new Set(asked).size);
  prefetch.stop();
});
