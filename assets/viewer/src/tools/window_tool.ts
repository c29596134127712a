/** Drags the window: to the right is wider, downwards is darker, in steps that suit the image's own range of values. */

import { getEnabledElement, type StackViewport } from "@cornerstonejs/core";
import { WindowLevelTool } from "@cornerstonejs/tools";
import { dragged, type Range } from "../images/windows";

/** Comes on the plate once the reader has dragged the window there. */
export const WINDOW_DRAGGED = "medcore-window-dragged";

const STEPS = 1024; // pixels of the screen to drag over all values of an image
const SMALLEST_STEP = 1e-9;

interface Drag extends Range {
  viewport: unknown;
  volumeId: string | undefined;
  deltaPointsCanvas: [number, number];
}

export class WindowTool extends WindowLevelTool {
  static override toolName = "WindowLevel"; // takes the place of the one that it grew from

  override mouseDragCallback(event: Parameters<WindowLevelTool["mouseDragCallback"]>[0]): void {
    super.mouseDragCallback(event);
    const { element } = event.detail;
    if (getEnabledElement(element)) element.dispatchEvent(new CustomEvent(WINDOW_DRAGGED));
  }

  /** Cornerstone3D's own step is rounded to whole values, and counts padding: it is useless on images from 0 to 1. */
  override getNewRange({ viewport, volumeId, deltaPointsCanvas, lower, upper }: Drag): Range {
    const image = (viewport as StackViewport).getCornerstoneImage?.();
    const step = image
      ? (image.maxPixelValue - image.minPixelValue) / STEPS
      : this._getMultiplierFromDynamicRange(viewport, volumeId);
    return dragged({ lower, upper }, deltaPointsCanvas[0], deltaPointsCanvas[1], Math.max(step, SMALLEST_STEP));
  }
}
