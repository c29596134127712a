import { expect, test } from "vitest";
import type { SeriesEntry } from "../data";
import { bestFitting, bestPrior } from "./priors";

function series(id: number, modality: string, title: string, frames = 20): SeriesEntry {
  return { id, modality, title: `${modality} ${title}`, frames, thumbnail: "1.2" };
}

function prior(id: number, entries: SeriesEntry[]) {
  return { study: { id, patient: "", about: "", synthetic: false }, series: entries };
}

const head = series(1, "CT", "Head axial 5 mm", 28);

test("the modality counts most, then the words of the title, then the number of images", () => {
  const candidates = [series(2, "MR", "Head axial 5 mm", 28), series(3, "CT", "Topogram", 1), series(4, "CT", "Axial head", 300), series(5, "CT", "Axial head", 30)];
  expect(bestFitting(head, candidates)?.id).toBe(5);
  expect(bestFitting(head, candidates.slice(0, 2))?.id).toBe(3);
  expect(bestFitting(head, [])).toBeNull();
});

test("the nearest study of the same modality is taken, and the nearest of all where there is none", () => {
  const magnetic = prior(7, [series(2, "MR", "Head")]);
  expect(bestPrior(head, [magnetic, prior(8, [series(3, "CT", "Head")]), prior(9, [head])])?.id).toBe(3);
  expect(bestPrior(head, [prior(6, []), magnetic])?.id).toBe(2);
  expect(bestPrior(head, [])).toBeNull();
});
