/** Where a cell's images lie in the patient. */

import type { Cell } from "./cell";
import { imageOf, planeOf } from "../images/images";
import type { Plane, Vector } from "./planes";

const PLACES = new WeakMap<object, Plane[]>(); // by what the server said of a series

/** The plane of an image; one without a place in the patient lies where the viewer draws it. */
export function planeFor(imageId: string): Plane {
  const { image } = imageOf(imageId);
  const { position, orientation, rowSpacing, columnSpacing } = planeOf(imageId);
  return {
    origin: position,
    right: orientation.slice(0, 3) as Vector,
    down: orientation.slice(3) as Vector,
    rowSpacing,
    columnSpacing,
    rows: image.rows,
    columns: image.columns,
  };
}

export function planeAt(cell: Cell): Plane {
  return planeFor(cell.imageId);
}

/** The plane of the image that is shown; null where the file does not say where in the patient it lies. */
export function shownPlane(cell: Cell): Plane | null {
  return cell.imageId && planeOf(cell.imageId).isPlaced ? planeAt(cell) : null;
}

/** The planes of all images of a cell's stack. */
export function placesOf(cell: Cell): Plane[] {
  const { series } = cell;
  if (!series) return [];
  if (!PLACES.has(series)) PLACES.set(series, cell.stack.map(planeFor));
  return PLACES.get(series)!;
}
