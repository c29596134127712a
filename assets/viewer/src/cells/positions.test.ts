import { expect, test } from "vitest";
import type { Plane, Vector } from "./planes";
import { placeAfter, placeAt, placeByShare } from "./positions";

function stack(count: number, start: number, step: number, plane: Partial<Plane> = {}): Plane[] {
  const base: Omit<Plane, "origin"> = {
    right: [1, 0, 0], down: [0, 1, 0], columnSpacing: 1, rowSpacing: 1, columns: 11, rows: 11, ...plane,
  };
  return Array.from({ length: count }, (_, index) => ({ ...base, origin: [0, 0, start + index * step] as Vector }));
}

test("in one space the nearest slice follows, whatever the distance between slices", () => {
  const thin = stack(30, -10, 1.5); // -10 to 33.5
  const [at] = stack(1, 12, 1);
  expect(placeAt(thin, at!)).toBe(15); // 12.5, against 11
  expect(placeAt(thin, stack(1, 500, 1)[0]!)).toBe(29);
  expect(placeAt(stack(30, 33.5, -1.5), at!)).toBe(14); // the same slices from the head to the feet
});

test("how many rows a slice has makes no difference", () => {
  const tilted: Partial<Plane> = { down: [0, Math.cos(0.2), Math.sin(0.2)] };
  const wide = stack(20, 0, 2, { ...tilted, rows: 101 }); // their centres lie 50 mm further along the columns
  expect(placeAt(wide, stack(1, 12, 1, { ...tilted, rows: 1 })[0]!)).toBe(6);
});

test("where no space is shared, the way gone counts, in mm", () => {
  const earlier = stack(40, 700, 2.5);
  const [from, to] = stack(2, 0, 16) as [Plane, Plane];
  expect(placeAfter(earlier, 10, from, to)).toBe(16); // 16 mm are 6.4 slices
  expect(placeAfter(earlier, 10, to, from)).toBe(4);
  expect(placeAfter(stack(40, 700, -2.5), 10, from, to)).toBe(4); // towards the head is back in this one
});

test("slices that are numbered the other way are gone through towards the same end of the patient", () => {
  const turned: Partial<Plane> = { right: [-1, 0, 0] }; // its normal points to the feet
  const [from, to] = stack(2, 0, 5, turned) as [Plane, Plane];
  expect(placeAfter(stack(20, 0, 5), 10, from, to)).toBe(11);
});

test("slices that lie across each other do not follow", () => {
  const sagittal = stack(5, 0, 1, { right: [0, 1, 0], down: [0, 0, -1] });
  expect(placeAt(sagittal, stack(1, 3, 1)[0]!)).toBeNull();
  expect(placeAfter(sagittal, 2, stack(1, 3, 1)[0]!, stack(1, 9, 1)[0]!)).toBeNull();
});

test("without places the share of the stack counts", () => {
  expect(placeByShare(21, 5, 11)).toBe(10);
  expect(placeByShare(1, 5, 11)).toBeNull();
});
