import { expect, test } from "vitest";
import { COLOR_MAPS, type ColorMapName, colorize, colorTable } from "./color_maps";

const NAMES = Object.keys(COLOR_MAPS) as ColorMapName[];

/** CIE 1976 lightness of an sRGB colour, from the standard's own formula. */
function lightness(red: number, green: number, blue: number): number {
  const linear = (value: number) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > (6 / 29) ** 3 ? 116 * Math.cbrt(luminance) - 16 : luminance * (29 / 3) ** 3;
}

test.each(NAMES)("%s grows lighter with the value, throughout", (name) => {
  const table = colorTable(name);
  const steps = Array.from({ length: 32 }, (_, i) => 8 * i).map((level) =>
    lightness(table[4 * level]!, table[4 * level + 1]!, table[4 * level + 2]!),
  );
  for (let i = 1; i < steps.length; i++) expect(steps[i]).toBeGreaterThan(steps[i - 1]!);
});

test("inferno begins and ends with the colours of its authors, and fades over the first quarter", () => {
  const table = colorTable("Inferno");
  expect([...table.slice(0, 4)]).toEqual([0, 0, 4, 0]);
  expect([...table.slice(-4)]).toEqual([252, 255, 164, 255]);
  expect(table[4 * 32 + 3]).toBe(128); // 32 of 255 is 0.1255 of the scale, half of the quarter
  expect(table[4 * 64 + 3]).toBe(255);
});

test("a value takes the colour of its share of the scale; above the scale it takes the last", () => {
  const table = colorTable("Grey");
  const colored = colorize([1, 2, 4, 9], 4, 0, table);
  expect([colored[0], colored[4], colored[8], colored[12]]).toEqual([64, 128, 255, 255]);
});

test("below the threshold nothing is drawn, at it something is", () => {
  const colored = colorize([1.9, 2, Number.NaN], 4, 2, colorTable("Inferno"));
  expect([colored[3], colored[7], colored[11]]).toEqual([0, 255, 0]);
});
