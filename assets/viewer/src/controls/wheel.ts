/** The wheel goes through a stack. With Ctrl, and on a single image, where there is nothing to go through, it enlarges. */

import type { Cell } from "../cells/cell";

const NOTCH = 40; // pixels of the wheel's way that are one image; touchpads send many small ones
const ZOOM_PER_PIXEL = 1.0015;
const LINE = 16; // pixels, for browsers that count lines
const LONGEST = 120; // pixels that count of one event: one notch of a wheel, however fast it turns

/** Adds up the wheel's way and says how many images it makes; what is left over stays for the next time. */
export class WheelWay {
  private rest = 0;

  go(pixels: number): number {
    if (Math.sign(pixels) !== Math.sign(this.rest)) this.rest = 0;
    if (Math.abs(pixels) >= NOTCH) {
      this.rest = 0;
      return Math.sign(pixels); // a wheel's notch, which is one image however far it says it went
    }
    this.rest += pixels;
    const images = Math.trunc(this.rest / NOTCH) || 0; // never -0
    this.rest -= images * NOTCH;
    return images;
  }
}

export function wheelPixels({ deltaY, deltaMode }: Pick<WheelEvent, "deltaY" | "deltaMode">): number {
  const pixels = deltaMode === WheelEvent.DOM_DELTA_PIXEL ? deltaY : deltaY * LINE;
  return Math.min(Math.max(pixels, -LONGEST), LONGEST);
}

export function listenToWheel(cell: Cell): void {
  const way = new WheelWay();
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (!cell.shown) return;
    const pixels = wheelPixels(event);
    if (event.ctrlKey || cell.length === 1) {
      const { left, top } = cell.plate.getBoundingClientRect();
      if (!cell.failure) cell.zoomBy(ZOOM_PER_PIXEL ** -pixels, [event.clientX - left, event.clientY - top]);
      return;
    }
    const images = way.go(pixels);
    if (images) cell.scrollBy(images);
  };
  cell.plate.addEventListener("wheel", onWheel, { capture: true, passive: false });
}
