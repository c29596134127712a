/** Loads a stack's images ahead of the reader, the nearest to the one that is shown first. */

import { cache, imageLoader } from "@cornerstonejs/core";

const AT_ONCE = 4; // requests; a browser opens six connections to one server
const KEPT_BYTES = 1_000_000_000; // of all images in memory; beyond this only what is looked at is loaded

export class Prefetch {
  private waiting: string[] = [];
  private all: string[] = [];
  private running = 0;

  start(imageIds: string[], place: number): void {
    this.all = imageIds;
    this.moveTo(place);
  }

  stop(): void {
    this.all = [];
    this.waiting = [];
  }

  /** Put what is still to be loaded in a new order. */
  moveTo(place: number): void {
    this.waiting = nearestFirst(this.all.length, place)
      .map((index) => this.all[index]!)
      .filter((imageId) => !cache.getImageLoadObject(imageId));
    this.fill();
  }

  private fill(): void {
    while (this.running < AT_ONCE && this.waiting.length > 0 && cache.getCacheSize() < KEPT_BYTES) {
      const imageId = this.waiting.shift()!;
      if (cache.getImageLoadObject(imageId)) continue;
      this.running++;
      imageLoader
        .loadAndCacheImage(imageId)
        .catch(() => undefined) // it is said where the image is looked at
        .finally(() => {
          this.running--;
          this.fill();
        });
    }
  }
}

/** The places of a stack by their distance from one of them; on a tie the later one, as readers scroll down. */
export function nearestFirst(length: number, place: number): number[] {
  return Array.from({ length }, (_, index) => index).sort(
    (a, b) => Math.abs(a - place) - Math.abs(b - place) || b - a,
  );
}
