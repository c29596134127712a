/** Goes through a stack by dragging up and down. */

import { BaseTool, type Types } from "@cornerstonejs/tools";

/** Comes on the plate with the number of images to go on by. */
export const SCROLL_ASKED = "medcore-scroll";

const FEWEST_STEPS = 12; // from the top of the plate to its bottom, for short stacks

type DragEvent = Types.EventTypes.InteractionEventType;

export class ScrollTool extends BaseTool {
  static override toolName = "CellScroll";
  private rest = 0; // pixels that were dragged but not yet gone by

  constructor(toolProps = {}, defaultToolProps = { supportedInteractionTypes: ["Mouse", "Touch"] }) {
    super(toolProps, defaultToolProps as ConstructorParameters<typeof BaseTool>[1]);
  }

  mouseDragCallback(event: DragEvent): void {
    const { element, deltaPoints } = event.detail;
    const steps = Math.max(Number(element.dataset.images ?? 1), FEWEST_STEPS);
    const pixels = Math.max(element.clientHeight / steps, 1);
    this.rest += deltaPoints.canvas[1];
    const images = Math.trunc(this.rest / pixels);
    this.rest -= images * pixels;
    if (images) element.dispatchEvent(new CustomEvent(SCROLL_ASKED, { detail: images }));
  }

  touchDragCallback(event: DragEvent): void {
    this.mouseDragCallback(event);
  }
}
