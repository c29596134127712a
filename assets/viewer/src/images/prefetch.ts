/** Loads a stack's images ahead of the reader, the nearest to the one that is shown first, within a bound of memory. */

import { cache } from "@cornerstonejs/core";
import { bytesOf, loadIntoCache } from "./images";
import { Loads } from "./loads";

const AT_ONCE = 6; // requests; a browser opens six connections to one server
const AHEAD_AT_ONCE = 4; // so that what the reader goes to need not wait
const LARGEST_CACHE = 1.5e9; // bytes of all images in memory
const SHARE_OF_MEMORY = 0.25; // of the machine's, where the browser tells it
const AHEAD_SHARE = 0.6; // of the cache; the rest is for what is looked at and for volumes

const loads = new Loads(
  {
    load: loadIntoCache,
    isLoaded: (imageId) => cache.isLoaded(imageId),
    cancel: (imageId) => {
      if (cache.getImageLoadObject(imageId) && !cache.isLoaded(imageId)) cache.removeImageLoadObject(imageId);
    },
  },
  AT_ONCE,
  AHEAD_AT_ONCE,
);

/** Bound the memory that images take in this page; once a page. */
export function boundMemory(): void {
  cache.setMaxCacheSize(cacheBytes((navigator as { deviceMemory?: number }).deviceMemory));
}

/** How many bytes images may take on a machine with so many GiB. */
export function cacheBytes(deviceMemory: number | undefined): number {
  return Math.min(LARGEST_CACHE, (deviceMemory ?? Infinity) * 2 ** 30 * SHARE_OF_MEMORY);
}

export class Prefetch {
  private static readonly all = new Set<Prefetch>(); // those at work share the memory
  private imageIds: readonly string[] = [];

  /** Load the image that is looked at; see `Loads.now`. */
  now(imageId: string): Promise<void> {
    return loads.now(this, imageId);
  }

  start(imageIds: readonly string[], place: number): void {
    Prefetch.all.add(this);
    this.imageIds = imageIds;
    this.moveTo(place);
  }

  stop(): void {
    Prefetch.all.delete(this);
    this.imageIds = [];
    loads.drop(this);
  }

  /** Put what is still to be loaded in a new order, and let go of what is too far away to be kept. */
  moveTo(place: number): void {
    if (this.imageIds.length === 0) return;
    const largest = Math.max(bytesOf(this.imageIds[0]!), bytesOf(this.imageIds[place]!));
    const kept = Math.max(1, Math.floor((cache.getMaxCacheSize() * AHEAD_SHARE) / Prefetch.all.size / largest));
    const nearest = nearestFirst(this.imageIds.length, place).map((index) => this.imageIds[index]!);
    for (const imageId of nearest.slice(kept)) forget(imageId);
    loads.next(this, nearest.slice(0, kept).filter((imageId) => !cache.isLoaded(imageId)));
  }
}

function forget(imageId: string): void {
  if (!cache.isLoaded(imageId) || cache.getImage(imageId)?.sharedCacheKey) return; // a volume holds it
  cache.removeImageLoadObject(imageId);
}

/** The places of a stack by their distance from one of them; on a tie the later one, as readers scroll down. */
export function nearestFirst(length: number, place: number): number[] {
  const order = [place];
  for (let distance = 1; order.length < length; distance++) {
    if (place + distance < length) order.push(place + distance);
    if (place - distance >= 0) order.push(place - distance);
  }
  return order;
}
