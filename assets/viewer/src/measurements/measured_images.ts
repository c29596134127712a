/** Finds the images that measurements lie on: in which series, in which study, at which place. */

import type { SeriesEntry, ViewerData } from "../data";
import { imageIdsOf } from "../images/images";
import { fetchSeries, type SeriesImages } from "../server";

export interface MeasuredImage {
  imageId: string;
  study: number;
  series: SeriesEntry;
  number: number; // in the series, from 1
}

export class MeasuredImages {
  private readonly known = new Map<string, MeasuredImage>();
  private readonly remembered = new Set<number>();

  /** Note where the frames of a series are. */
  remember(data: ViewerData, entry: SeriesEntry, series: SeriesImages): void {
    const whole = [data, ...data.priors].find((one) => one.series.some(({ id }) => id === entry.id));
    if (!whole || this.remembered.has(entry.id)) return;
    this.remembered.add(entry.id);
    imageIdsOf(series).forEach((imageId, place) => {
      const [index, frame] = series.order[place]!;
      const uid = series.images[index]!.sop_instance_uid;
      this.known.set(key(uid, frame), { imageId, study: whole.study.id, series: entry, number: place + 1 });
    });
  }

  find(sopInstanceUid: string, frame: number): MeasuredImage | null {
    return this.known.get(key(sopInstanceUid, frame)) ?? null;
  }

  /** Ask for a study's series, one after the other, until all of these images are found; those that are not shown yet. */
  async locate(data: ViewerData, study: number, wanted: readonly { sop_instance_uid: string; frame: number }[]): Promise<void> {
    const whole = [data, ...data.priors].find((one) => one.study.id === study);
    for (const entry of whole?.series ?? []) {
      if (wanted.every((one) => this.find(one.sop_instance_uid, one.frame))) return;
      if (!this.remembered.has(entry.id)) this.remember(data, entry, await fetchSeries(entry.id));
    }
  }
}

function key(sopInstanceUid: string, frame: number): string {
  return `${sopInstanceUid}/${frame}`;
}
