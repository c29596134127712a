/** Which series of an earlier study is held against the one that is open. */

import type { SeriesEntry, StudyEntry } from "../data";

export interface Prior {
  study: StudyEntry;
  series: SeriesEntry[];
}

/** The series that fits best: of the same modality, then the likest title, then the nearest number of images; of two alike the earlier listed. */
export function bestFitting(current: SeriesEntry, candidates: SeriesEntry[]): SeriesEntry | null {
  const ranked = candidates.map((entry) => ({ entry, rank: rankOf(current, entry) }));
  ranked.sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || b.rank[2] - a.rank[2]);
  return ranked[0]?.entry ?? null;
}

/** The nearest study, in the order given, that has a series of the same modality; else the nearest that has any. */
export function bestPrior(current: SeriesEntry, priors: Prior[]): SeriesEntry | null {
  const alike = priors.find((prior) => prior.series.some((entry) => entry.modality === current.modality));
  const chosen = alike ?? priors.find((prior) => prior.series.length > 0);
  return chosen ? bestFitting(current, chosen.series) : null;
}

function rankOf(current: SeriesEntry, entry: SeriesEntry): [number, number, number] {
  const likeness = entry.modality === current.modality ? 1 : 0;
  return [likeness, sharedWords(current.title, entry.title), -Math.abs(Math.log((entry.frames || 1) / (current.frames || 1)))];
}

/** The share of words that two titles have in common, from 0 to 1. */
function sharedWords(one: string, other: string): number {
  const [ours, theirs] = [wordsOf(one), wordsOf(other)];
  const all = new Set([...ours, ...theirs]);
  return all.size === 0 ? 0 : [...ours].filter((word) => theirs.has(word)).length / all.size;
}

function wordsOf(title: string): Set<string> {
  return new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}
