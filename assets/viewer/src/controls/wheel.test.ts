// @vitest-environment node

import { expect, test } from "vitest";
import { WheelWay } from "./wheel";

test("a notch of a wheel is one image, however far it says it went", () => {
  const way = new WheelWay();
  expect([120, 240, -120].map((pixels) => way.go(pixels))).toEqual([1, 1, -1]);
});

test("the small steps of a touchpad add up", () => {
  const way = new WheelWay();
  expect([15, 15, 15, 15, 15, 15].map((pixels) => way.go(pixels))).toEqual([0, 0, 1, 0, 0, 1]);
});

test("turning back starts afresh", () => {
  const way = new WheelWay();
  expect([30, -15, -15, -15].map((pixels) => way.go(pixels))).toEqual([0, 0, 0, -1]);
});
