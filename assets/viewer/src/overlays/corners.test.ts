import { expect, test } from "vitest";
import { type CornerFacts, cornerTexts, decimal, namedWindow, slicePosition, studyOf } from "./corners";
import type { Image, SeriesImages } from "../server";
import { toRange, toWindow } from "../images/windows";

const IMAGE = { type: "int16", unit: "HU", spacing_mm: [1, 1], spacing_source: "Pixel Spacing", regions: [] as object[] } as Image;
const BRAIN = { center: 40, width: 80, name: "Brain", function: "LINEAR" };
const STUDY = { id: 7, patient: "DOE^JANE  4711", about: "CT head, 12 Jan 2020", synthetic: false };
const FACTS: CornerFacts = {
  study: STUDY,
  patientHidden: false,
  title: "CT Head",
  series: { images: [IMAGE, IMAGE], order: [[0, 0], [1, 0]] } as unknown as SeriesImages,
  place: 1,
  image: IMAGE,
  slicePosition: -12.34,
  window: toWindow(toRange(BRAIN)),
  windows: [BRAIN],
  zoom: 1.254,
};

test("the corners say whose it is, which image, through which window, how large and where", () => {
  expect(cornerTexts(FACTS)).toEqual({
    "top-left": ["DOE^JANE  4711", "CT head, 12 Jan 2020"],
    "top-right": ["CT Head", "Image 2 of 2"],
    "bottom-left": ["Brain  C 40  W 80 HU"],
    "bottom-right": ["Zoom 125 %", "Slice at \u221212.3 mm"],
  });
});

test("hidden, the patient is in none of the corners", () => {
  const texts = Object.values(cornerTexts({ ...FACTS, patientHidden: true })).flat().join();
  expect(texts).not.toContain("DOE");
  expect(texts).not.toContain("4711");
  expect(texts).toContain("CT head, 12 Jan 2020");
});

test("frames of one image are called frames, and colour has no window", () => {
  const series = { images: [IMAGE], order: [[0, 0], [0, 1], [0, 2]] } as unknown as SeriesImages;
  const texts = cornerTexts({ ...FACTS, series, image: { ...IMAGE, type: "rgb8" } });
  expect(texts["top-right"]).toContain("Frame 2 of 3");
  expect(texts["bottom-left"]).toEqual([]);
});

test("where the size is true at the detector alone, or not known, it says so", () => {
  const detector = { ...IMAGE, spacing_source: "Imager Pixel Spacing" };
  expect(cornerTexts({ ...FACTS, image: detector })["bottom-right"]).toContain("mm at the detector");
  expect(cornerTexts({ ...FACTS, image: { ...IMAGE, spacing_mm: null } })["bottom-right"]).toContain("Size in mm unknown");
});

test("a window that was dragged away from a named one loses the name", () => {
  expect(namedWindow(toWindow(toRange(BRAIN)), [BRAIN])).toBe(BRAIN);
  expect(namedWindow({ ...toWindow(toRange(BRAIN)), width: 81 }, [BRAIN])).toBeNull();
});

test("small windows keep their decimals, and zero has no sign", () => {
  const tiny = { center: 0.5, width: 1.25, name: "Own", function: "LINEAR_EXACT" };
  expect(cornerTexts({ ...FACTS, window: tiny })["bottom-left"]).toEqual(["C 0.50  W 1.25 HU"]);
  expect(decimal(-0.04, 1)).toBe("0.0");
});

test("a slice's position grows to the head, to the back and to the left, whichever way the rows run", () => {
  expect(slicePosition([5, 6, 70], [1, 0, 0, 0, 1, 0])).toBe(70);
  expect(slicePosition([5, 6, 70], [1, 0, 0, 0, -1, 0])).toBe(70);
  expect(slicePosition([5, 6, 70], [1, 0, 0, 0, 0, -1])).toBe(6);
  expect(slicePosition([5, 6, 70], [0, 1, 0, 0, 0, -1])).toBe(5);
});

test("a series belongs to the study that is read, or to a prior, or to none that is known", () => {
  const series = (id: number) => ({ id, title: "", modality: "CT", frames: 1, thumbnail: "" });
  const prior = { ...STUDY, id: 3 };
  const data = {
    study: STUDY, series: [series(1)], priors: [{ study: prior, series: [series(2)] }], show: null, reader: "", heatmap: null,
  };
  expect([1, 2, 9].map((id) => studyOf(data, id)?.id)).toEqual([7, 3, undefined]);
});
