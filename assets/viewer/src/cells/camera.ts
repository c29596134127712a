/** How a picture lies on its plate: moved, enlarged, turned, mirrored; always as the reader sees it. */

import type { StackViewport, Types } from "@cornerstonejs/core";
import { imageOf, toWorld } from "../images/images";

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

/** The map from image coordinates (column, row; pixel centres at whole numbers) to CSS pixels of the plate. */
export function imageMatrix(viewport: StackViewport, imageId: string): DOMMatrix {
  const at = (column: number, row: number) => viewport.worldToCanvas(toWorld(imageId, [column, row])) as [number, number];
  const far = 1000; // pixels, so that rounding counts for less
  const [origin, right, down] = [at(0, 0), at(far, 0), at(0, far)];
  const share = (end: [number, number]) => [(end[0] - origin[0]) / far, (end[1] - origin[1]) / far];
  return new DOMMatrix([...share(right), ...share(down), ...origin]);
}

/** Show the whole picture, as large as the plate allows, in its middle; it stays turned and mirrored as it is. */
export function fit(viewport: StackViewport, matrix: DOMMatrix, imageId: string): void {
  const { rows, columns } = imageOf(imageId).image;
  const middle = toWorld(imageId, [(columns - 1) / 2, (rows - 1) / 2]);
  const { clientWidth, clientHeight } = viewport.element;
  const width = Math.abs(matrix.a) * columns + Math.abs(matrix.c) * rows;
  const height = Math.abs(matrix.b) * columns + Math.abs(matrix.d) * rows;
  const { focalPoint, position } = viewport.getCamera();
  const shift = combined(middle, 1, focalPoint!, -1);
  viewport.setZoom(viewport.getZoom() * Math.min(clientWidth / width, clientHeight / height));
  viewport.setCamera({ focalPoint: middle, position: combined(position!, 1, shift, 1) });
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
