// @vitest-environment node

import { expect, test } from "vitest";
import { imageLike } from "../fixtures";
import type { Region } from "../server";
import { linesFor, scaleAt, wholeScale, writeArea, writeValue } from "./units";

test("a length is in mm only where the pixels' size in the patient is known", () => {
  expect(wholeScale(imageLike()).unit).toBe("mm");
  expect(wholeScale(imageLike({ spacing_source: "Imager Pixel Spacing" })).unit).toBe("mm at the detector");
  expect(wholeScale(imageLike({ spacing_mm: null, spacing_source: "" })).unit).toBe("px");
});

test("without a size a pixel's width is one and its height the aspect", () => {
  expect(wholeScale(imageLike({ spacing_mm: null, pixel_aspect: 1.5 }))).toEqual({ row: 1.5, column: 1, unit: "px" });
});

test("in ultrasound it is in mm inside one region, and in pixels across its edge or outside", () => {
  const regions: Region[] = [
    { box: [0, 0, 9, 9], spacing_mm: [0.2, 0.3] },
    { box: [10, 0, 19, 9], spacing_mm: [0.5, 0.5] },
  ];
  const scan = imageLike({ spacing_mm: null, spacing_source: "", pixel_aspect: 1, regions });
  expect(scaleAt(scan, [[1, 1], [9, 9]])).toEqual({ row: 0.2, column: 0.3, unit: "mm" });
  expect(scaleAt(scan, [[12, 1], [19, 9]])).toEqual({ row: 0.5, column: 0.5, unit: "mm" });
  expect(scaleAt(scan, [[1, 1], [12, 9]]).unit).toBe("px");
  expect(scaleAt(scan, [[1, 12]]).unit).toBe("px");
  expect(wholeScale(scan).unit).toBe("px");
  expect(wholeScale({ ...scan, regions: regions.slice(0, 1) }).unit).toBe("mm");
});

test("an area is in the square of the length's unit", () => {
  expect(writeArea(12.34, "mm")).toBe("12.3 mm²");
  expect(writeArea(12.34, "mm at the detector")).toBe("12.3 mm² at the detector");
  expect(writeArea(12.34, "px")).toBe("12.3 px²");
});

test("a value is written with the digits that count", () => {
  expect(writeValue(-1000, "HU")).toBe("-1000 HU");
  expect(writeValue(40.25, "HU")).toBe("40.3 HU");
  expect(writeValue(0.012345, "")).toBe("0.0123");
  expect(writeValue(0.00001234, "")).toBe("0.0000123");
});

test("a region without values, as in colour, still has its area", () => {
  expect(linesFor("ellipse", { values: { area: 5 }, unit: { length: "mm", value: "" } })).toEqual(["5.0 mm²"]);
});

test("a region says its mean first", () => {
  const values = { mean: 40, standard_deviation: 2.5, minimum: 35, maximum: 45, pixels: 9, area: 9 };
  expect(linesFor("rectangle", { values, unit: { length: "px", value: "HU" } })).toEqual([
    "Mean 40 HU", "SD 2.5 HU", "Min 35  Max 45 HU", "9.0 px²",
  ]);
});
