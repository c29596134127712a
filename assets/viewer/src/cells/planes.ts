/** Where images lie in the patient: planes in mm, and what two of them have to do with each other. Source: DICOM PS3.3, C.7.6.2 (Image Plane). */

export type Vector = [number, number, number];

/** An image in the patient; `origin` is the centre of its first pixel. */
export interface Plane {
  origin: Vector;
  right: Vector; // direction of a row, of length 1
  down: Vector; // direction of a column, of length 1
  columnSpacing: number;
  rowSpacing: number;
  columns: number;
  rows: number;
}

const PARALLEL = 0.999; // cosine between normals (2.6 degrees) beyond which two planes have no line in common worth drawing
const COMPARABLE = 0.9; // and beyond which their slices can be gone through together

export function add(one: Vector, other: Vector, factor = 1): Vector {
  return [one[0] + factor * other[0], one[1] + factor * other[1], one[2] + factor * other[2]];
}

export function subtract(one: Vector, other: Vector): Vector {
  return add(one, other, -1);
}

export function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

export function cross(one: Vector, other: Vector): Vector {
  return [
    one[1] * other[2] - one[2] * other[1],
    one[2] * other[0] - one[0] * other[2],
    one[0] * other[1] - one[1] * other[0],
  ];
}

export function normalOf(plane: Plane): Vector {
  return cross(plane.right, plane.down);
}

/** A point of an image, by column and row, pixel centres at whole numbers. */
export function pointOf(plane: Plane, column: number, row: number): Vector {
  return add(add(plane.origin, plane.right, column * plane.columnSpacing), plane.down, row * plane.rowSpacing);
}

export function centerOf(plane: Plane): Vector {
  return pointOf(plane, (plane.columns - 1) / 2, (plane.rows - 1) / 2);
}

/** The column and row of a point's foot on an image. */
export function footOf(plane: Plane, point: Vector): [number, number] {
  const away = subtract(point, plane.origin);
  return [dot(away, plane.right) / plane.columnSpacing, dot(away, plane.down) / plane.rowSpacing];
}

/** Whether going through one stack means going through the other: planes that are about parallel. */
export function goTogether(one: Plane, other: Plane): boolean {
  return Math.abs(dot(normalOf(one), normalOf(other))) >= COMPARABLE;
}

/** Where `source`, as far as it reaches, cuts `target`: two points of the target by column and row; null where it does not. */
export function cut(source: Plane, target: Plane): [[number, number], [number, number]] | null {
  const normal = normalOf(target);
  if (Math.abs(dot(normalOf(source), normal)) > PARALLEL) return null;
  const ends = edgesOf(source).flatMap(([from, to]) => crossing(from, to, target.origin, normal));
  const [first, ...rest] = ends;
  const last = first && rest.findLast((end) => Math.hypot(...subtract(end, first)) > 1e-6);
  return first && last ? [footOf(target, first), footOf(target, last)] : null;
}

function edgesOf(plane: Plane): [Vector, Vector][] {
  const [right, bottom] = [plane.columns - 0.5, plane.rows - 0.5];
  const corners = [pointOf(plane, -0.5, -0.5), pointOf(plane, right, -0.5), pointOf(plane, right, bottom), pointOf(plane, -0.5, bottom)];
  return corners.map((corner, index) => [corner, corners[(index + 1) % 4]!]);
}

function crossing(from: Vector, to: Vector, origin: Vector, normal: Vector): Vector[] {
  const [above, below] = [dot(subtract(from, origin), normal), dot(subtract(to, origin), normal)];
  if (above * below > 0 || above === below) return [];
  return [add(from, subtract(to, from), above / (above - below))];
}

/** The place, from 0, whose position is nearest to the one that is wanted. */
export function nearest(positions: number[], wanted: number): number {
  let best = 0;
  positions.forEach((position, place) => {
    if (Math.abs(position - wanted) < Math.abs(positions[best]! - wanted)) best = place;
  });
  return best;
}
