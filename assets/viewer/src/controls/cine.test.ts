// @vitest-environment node

import { expect, test, vi } from "vitest";

vi.mock("./keyboard", () => ({ addCommands: () => undefined }));

const { nextDue, rateOf } = await import("./cine");

test("the rate is the file's, within what a screen can show", () => {
  expect(rateOf(40)).toBe(25);
  expect(rateOf(33.3)).toBe(30);
  expect(rateOf(1)).toBe(60);
  expect(rateOf(5000)).toBe(1);
});

test("without a frame time it is 10 a second", () => {
  expect(rateOf(null)).toBe(10);
  expect(rateOf(0)).toBe(10);
});

test("a late image does not make the next ones hurry", () => {
  expect(nextDue(1000, 1005, 10)).toBe(1100);
  expect(nextDue(1000, 5000, 10)).toBe(4900);
});
