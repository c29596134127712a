/** How a picture lies on its plate: moved, enlarged, turned, mirrored; always as the reader sees it. */

import type { StackViewport, Types } from "@cornerstonejs/core";

type Vector = Types.Point3;

export type Direction = "horizontal" | "vertical";

/** Turn the picture clockwise about the plate's middle. */
export function rotate(viewport: StackViewport, degrees: number): void {
  const { viewUp, viewPlaneNormal } = viewport.getCamera();
  const angle = (degrees * Math.PI) / 180;
  const right = cross(viewUp!, viewPlaneNormal!);
  viewport.setCamera({ viewUp: combined(viewUp!, Math.cos(angle), right, -Math.sin(angle)) });
}

/** Mirror the picture: left for right, or top for bottom, as it lies now. */
export function flip(viewport: StackViewport, direction: Direction): void {
  const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
  viewport.setCamera(direction === "horizontal" ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical });
}

function cross(one: Vector, other: Vector): Vector {
  const [a, b, c] = one;
  const [d, e, f] = other;
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

function combined(one: Vector, share: number, other: Vector, otherShare: number): Vector {
  return [0, 1, 2].map((axis) => one[axis]! * share + other[axis]! * otherShare) as Vector;
}

/** Show the whole picture, as large as the plate allows, in its middle; it stays turned and mirrored as it is. */
export function fit(viewport: StackViewport, picture: { width: number; height: number; middle: Vector }): void {
  const { clientWidth, clientHeight } = viewport.element;
  const share = Math.min(clientWidth / picture.width, clientHeight / picture.height);
  const { focalPoint, position } = viewport.getCamera();
  const shift = combined(picture.middle, 1, focalPoint!, -1);
  viewport.setZoom(viewport.getZoom() * share);
  viewport.setCamera({ focalPoint: picture.middle, position: combined(position!, 1, shift, 1) });
}

/** Enlarge about a point of the plate, in CSS pixels. */
export function zoomAt(viewport: StackViewport, factor: number, [x, y]: readonly [number, number]): void {
  const before = viewport.canvasToWorld([x, y]);
  viewport.setZoom(viewport.getZoom() * factor);
  move(viewport, combined(before, 1, viewport.canvasToWorld([x, y]), -1));
}

/** Move the picture by so many CSS pixels. */
export function pan(viewport: StackViewport, right: number, down: number): void {
  move(viewport, combined(viewport.canvasToWorld([0, 0]), 1, viewport.canvasToWorld([right, down]), -1));
}

function move(viewport: StackViewport, shift: Vector): void {
  const { focalPoint, position } = viewport.getCamera();
  viewport.setCamera({ focalPoint: combined(focalPoint!, 1, shift, 1), position: combined(position!, 1, shift, 1) });
}
