/** The grid that a series' images make, and the planes along the patient's axes that it is looked at in. */

import { add, cross, dot, normalOf, type Plane, subtract, type Vector } from "../cells/planes";

export type PlaneName = "axial" | "coronal" | "sagittal";

/** How a plane is looked at, as readers expect it: axial from the feet, coronal from the front, sagittal from the left. */
export interface Look {
  normal: Vector; // along which its slices are gone through
  right: Vector; // of the screen
  down: Vector;
}

export const LOOKS: Record<PlaneName, Look> = {
  axial: { normal: [0, 0, 1], right: [1, 0, 0], down: [0, 1, 0] },
  coronal: { normal: [0, 1, 0], right: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { normal: [1, 0, 0], right: [0, 1, 0], down: [0, 0, -1] },
};

export interface Grid {
  dimensions: Vector; // columns, rows, slices
  spacing: Vector; // between them, in mm
  origin: Vector; // centre of the first voxel
  axes: [Vector, Vector, Vector]; // directions of rows, columns and slices
}

/** The grid of parallel images in reading order, which go along their normal (the server has made sure of both). */
export function gridOf(planes: Plane[]): Grid {
  const first = planes[0]!;
  const across = subtract(planes.at(-1)!.origin, first.origin);
  const normal = normalOf(first);
  const step = dot(across, normal) / (planes.length - 1);
  const { right, down, columnSpacing, rowSpacing, columns, rows, origin } = first;
  return {
    dimensions: [columns, rows, planes.length],
    spacing: [columnSpacing, rowSpacing, Math.abs(step)],
    origin,
    axes: [right, down, step < 0 ? cross(down, right) : normal],
  };
}

/** How far the voxels' centres reach along a direction, in mm. */
export function reachOf(grid: Grid, direction: Vector): [number, number] {
  const edges = grid.axes.map((axis, index) => dot(axis, direction) * grid.spacing[index]! * (grid.dimensions[index]! - 1));
  const start = dot(grid.origin, direction);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, start);
  return [sum(edges.filter((edge) => edge < 0)), sum(edges.filter((edge) => edge > 0))];
}

/** How far one goes along a direction to come to the next slice, in mm: the voxels' extent that way. */
export function stepAlong(grid: Grid, direction: Vector): number {
  return Math.hypot(...grid.axes.map((axis, index) => dot(axis, direction) * grid.spacing[index]!));
}

/** The nearest point to one that is wanted, of those that lie within the grid's reach along the patient's axes. */
export function clampTo(grid: Grid, point: Vector): Vector {
  return [0, 1, 2].map((axis) => {
    const direction = [0, 1, 2].map((other) => Number(other === axis)) as Vector;
    const [low, high] = reachOf(grid, direction);
    return Math.min(Math.max(point[axis]!, low), high);
  }) as Vector;
}

/** The voxel that holds a point, by column, row and slice; null outside. */
export function voxelAt(grid: Grid, point: Vector): Vector | null {
  const away = subtract(point, grid.origin);
  const voxel = grid.axes.map((axis, index) => Math.round(dot(away, axis) / grid.spacing[index]!)) as Vector;
  return voxel.every((at, index) => at >= 0 && at < grid.dimensions[index]!) ? voxel : null;
}

/** The plane along the patient's axes that lies nearest to how the images were taken. */
export function nearestPlane(plane: Plane): PlaneName {
  const normal = normalOf(plane);
  const names = Object.keys(LOOKS) as PlaneName[];
  return names.reduce((best, name) => (Math.abs(dot(LOOKS[name].normal, normal)) > Math.abs(dot(LOOKS[best].normal, normal)) ? name : best));
}

/** A point moved to where another lies along a direction. */
export function alignedWith(point: Vector, other: Vector, direction: Vector): Vector {
  return add(point, direction, dot(subtract(other, point), direction));
}

