// @vitest-environment node

import { expect, test } from "vitest";
import { Loads, type Source, Superseded } from "./loads";

class Slow implements Source {
  readonly asked: string[] = [];
  readonly cancelled: string[] = [];
  private readonly done = new Set<string>();
  private readonly waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  load(imageId: string): Promise<unknown> {
    this.asked.push(imageId);
    return new Promise<void>((resolve, reject) => this.waiting.set(imageId, { resolve, reject }));
  }
  isLoaded(imageId: string): boolean {
    return this.done.has(imageId);
  }
  cancel(imageId: string): void {
    this.cancelled.push(imageId);
  }
  async answer(imageId: string): Promise<void> {
    this.done.add(imageId);
    this.waiting.get(imageId)!.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  }
  async fail(imageId: string): Promise<void> {
    this.waiting.get(imageId)!.reject(new Error("damaged"));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const cell = {};
const other = {};

test("few are loaded at once, in the order that was asked for, each once", async () => {
  const source = new Slow();
  const loads = new Loads(source, 3, 2);
  loads.next(cell, ["a", "b", "c"]);
  expect(source.asked).toEqual(["a", "b"]);
  loads.next(cell, ["b", "c", "d"]);
  await source.answer("a");
  await source.answer("b");
  await source.answer("c");
  await source.answer("d");
  expect(source.asked).toEqual(["a", "b", "c", "d"]);
});

test("what is looked at does not wait for what lies ahead", () => {
  const source = new Slow();
  const loads = new Loads(source, 3, 2);
  loads.next(cell, ["a", "b", "c"]);
  void loads.now(cell, "z");
  expect(source.asked).toEqual(["a", "b", "z"]);
});

test("what the reader has passed by before it began is not loaded", async () => {
  const source = new Slow();
  const loads = new Loads(source, 1, 1);
  void loads.now(cell, "a");
  const passed = loads.now(cell, "b");
  const wanted = loads.now(cell, "c");
  await expect(passed).rejects.toBeInstanceOf(Superseded);
  await source.answer("a");
  expect(source.asked).toEqual(["a", "c"]);
  await source.answer("c");
  await wanted;
});

test("one that is on its way already is not asked for again", async () => {
  const source = new Slow();
  const loads = new Loads(source, 3, 2);
  loads.next(cell, ["a"]);
  const wanted = loads.now(other, "a");
  await source.answer("a");
  await wanted;
  expect(source.asked).toEqual(["a"]);
});

test("leaving a series stops what is on its way for it, and nothing of another one", () => {
  const source = new Slow();
  const loads = new Loads(source, 4, 4);
  loads.next(cell, ["a", "b"]);
  loads.next(other, ["c"]);
  loads.drop(cell);
  expect(source.cancelled).toEqual(["a", "b"]);
});

test("one that failed is not asked for ahead again, but it is when it is looked at", async () => {
  const source = new Slow();
  const loads = new Loads(source, 2, 1);
  loads.next(cell, ["a", "b"]);
  await source.fail("a");
  await source.answer("b");
  loads.next(cell, ["a"]);
  expect(source.asked).toEqual(["a", "b"]);
  void loads.now(cell, "a").catch(() => undefined);
  expect(source.asked).toEqual(["a", "b", "a"]);
});
