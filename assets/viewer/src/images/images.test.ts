import { afterEach, expect, test, vi } from "vitest";
import { imageLike } from "../fixtures";
import { imageIdsOf, loadIntoCache } from "./images";
import type { Image } from "../server";

const fetched = vi.fn();
vi.stubGlobal("fetch", fetched);
afterEach(() => fetched.mockReset());

function idOf(image: Image): string {
  return imageIdsOf({ series: 1, volume: { possible: false, reason: "" }, images: [image], order: [[0, 0]] })[0]!;
}

test("an image without a description says why and is not asked for: its values would be drawn as something else", async () => {
  const id = idOf(imageLike({ sop_instance_uid: "1.2.3.1", type: "uint8", error: "The header is damaged." }));
  await expect(loadIntoCache(id)).rejects.toThrow("The header is damaged.");
  expect(fetched).not.toHaveBeenCalled();
});

test.each([
  ["int16", 39],
  ["int16", 20],
  ["rgb8", 20],
  ["float32", 160],
] as const)("pixels of %s in %i bytes are not drawn: an image of 4 x 5 pixels has others", async (type, length) => {
  fetched.mockResolvedValue(new Response(new ArrayBuffer(length)));
  const id = idOf(imageLike({ sop_instance_uid: `1.2.3.2.${length}.${type.length}`, type }));
  await expect(loadIntoCache(id)).rejects.toThrow("pixels");
});
