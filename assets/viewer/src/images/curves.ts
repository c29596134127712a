/** Draws a picture through a curve: Cornerstone3D itself knows straight lines only, and no tables. */

import { type StackViewport, utilities } from "@cornerstonejs/core";
import type { Curve } from "./windows";

interface TransferFunction {
  fillFromDataPointer(count: number, points: number[]): void;
}

/** Set what is black, what is white and what lies between; `isInverted` changes them over. */
export function drawThrough(viewport: StackViewport, curve: Curve, isInverted: boolean): void {
  const { lower, upper } = curve;
  viewport.setProperties({ voiRange: { lower, upper }, invert: isInverted });
  const property = (viewport.getDefaultActor()?.actor as { getProperty?(): unknown } | undefined)?.getProperty?.() as
    | { setRGBTransferFunction(index: number, transferFunction: TransferFunction): void }
    | undefined;
  if (!property) return;
  const transferFunction = utilities.createLinearRGBTransferFunction({ lower, upper }) as unknown as TransferFunction;
  const points = pointsOf(curve, isInverted);
  transferFunction.fillFromDataPointer(points.length / 4, points);
  property.setRGBTransferFunction(0, transferFunction);
}

/** Value, red, green and blue of every node. */
export function pointsOf({ lower, upper, brightness }: Curve, isInverted: boolean): number[] {
  const levels = brightness ?? [0, 1];
  return levels.flatMap((level, index) => {
    const grey = isInverted ? 1 - level : level;
    return [lower + ((upper - lower) * index) / (levels.length - 1), grey, grey, grey];
  });
}
