import { beforeAll, expect, test } from "vitest";
import { imageIdsOf, registerImages } from "../images/images";
import { asAnnotation, asBody, liesTheSame, type Measurement, measureDrawing, readDrawing, worldPoints } from "./measurement";
import type { Image, SeriesImages } from "../server";

const SLICE = {
  sop_instance_uid: "1.2.3", rows: 100, columns: 80, frames: 1, type: "int16", modality: "CT", unit: "HU",
  spacing_mm: [0.5, 0.25], spacing_source: "Pixel Spacing", regions: [], pixel_aspect: 2, frame_of_reference_uid: "9.9", padding: null,
  slope: 1, intercept: 0, modality_lut: null, windows: [], bits_stored: 16,
  per_frame: [{ position: [10, 20, 30], orientation: [0, 1, 0, 0, 0, -1] }], // sagittal
} as unknown as Image;
const FILM = {
  ...SLICE, sop_instance_uid: "1.2.4", spacing_mm: null, spacing_source: "", pixel_aspect: 1, frame_of_reference_uid: "",
  per_frame: [{ position: null, orientation: null }],
} as unknown as Image;
const LINE: Measurement = {
  uid: "u", sop_instance_uid: "1.2.3", frame: 0, kind: "length", points: [[0, 0], [12, 8]], text: "left", values: { length: 5 },
  unit: { length: "mm", value: "HU" }, reader: "A", created_at: "2026-01-01T10:00:00+00:00", reading: 4, removed: false,
};
let slice: string;
let film: string;

beforeAll(() => {
  registerImages();
  const series = { series: 1, volume: { possible: false, reason: "" }, images: [SLICE, FILM], order: [[0, 0], [1, 0]] };
  [slice, film] = imageIdsOf(series as unknown as SeriesImages) as [string, string];
});

test("image points lie where the file says that the image lies", () => {
  // 12 columns of 0.25 mm along the second axis, 8 rows of 0.5 mm against the third
  expect(worldPoints(LINE, slice)).toEqual([[10, 20, 30], [10, 23, 26]]);
});

test("what is drawn anew is read back as it was saved, on slices and on films without a place in the patient", () => {
  for (const [imageId, sop_instance_uid] of [[slice, "1.2.3"], [film, "1.2.4"]] as const) {
    const drawn = readDrawing(asAnnotation({ ...LINE, sop_instance_uid }, imageId));
    expect(drawn).toMatchObject({ kind: "length", imageId, text: "left" });
    expect(liesTheSame(drawn!.points, LINE.points)).toBe(true);
  }
});

test("a film without a frame of reference shares none with another", () => {
  expect(asAnnotation(LINE, slice).metadata!.FrameOfReferenceUID).toBe("9.9");
  expect(asAnnotation(LINE, film).metadata!.FrameOfReferenceUID).toBe("1.2.4");
});

test("the numbers are those of the image: mm on the slice, pixels on the film", () => {
  expect(measureDrawing(asAnnotation(LINE, slice))).toMatchObject({
    uid: "u", sop_instance_uid: "1.2.3", values: { length: 5 }, unit: { length: "mm" }, reader: "", created_at: null,
  });
  const onFilm = measureDrawing(asAnnotation(LINE, film))!;
  expect(onFilm.unit.length).toBe("px");
  expect(onFilm.values.length).toBeCloseTo(Math.hypot(12, 8), 9);
});

test("what lies beside the image, or was made by another tool, is no measurement", () => {
  const beside = asAnnotation(LINE, slice);
  beside.data.handles!.points![1]![0] += 0.5;
  expect(readDrawing(beside)).toBeNull();
  const other = asAnnotation(LINE, slice);
  other.metadata!.toolName = "PlaneLength";
  expect(readDrawing(other)).toBeNull();
});

test("only what a hand can see is a move", () => {
  expect(liesTheSame([[1, 2]], [[1.0000001, 2]])).toBe(true);
  expect(liesTheSame([[1, 2]], [[1.01, 2]])).toBe(false);
  expect(liesTheSame([[1, 2]], [[1, 2], [3, 4]])).toBe(false);
});

test("the server is told what it does not give itself, in numbers that JSON knows", () => {
  const body = JSON.parse(asBody({ ...LINE, values: { length: 5, area: Number.NaN } })) as Record<string, unknown>;
  expect(body).not.toHaveProperty("created_at");
  expect(body).not.toHaveProperty("reading");
  expect(body.values).toEqual({ length: 5 });
});
