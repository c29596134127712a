/** Reads numbers off a film: lengths, angles, areas and brightness. */

import { areaOf, ellipseRegion, type Point, rectangleRegion, type Region, statisticsIn } from "./regions";
import type { Image } from "../server";
import { type Kind, type Measured, type Scale, scaleAt, valueUnit } from "./units";
import { isNumber, paddingValues } from "../images/values";

const POINTS: Record<Kind, number> = { length: 2, angle: 3, rectangle: 4, ellipse: 4, probe: 1, arrow: 2 };

/** Measure a shape of image points; `values` are the frame's modality values, null where they are not at hand or in colour. */
export function measure(
  kind: Kind,
  points: Point[],
  image: Image,
  frame: number,
  values: ArrayLike<number> | null,
): Measured | null {
  if (points.length !== POINTS[kind] || !points.flat().every(Number.isFinite)) return null;
  const scale = scaleAt(image, points);
  const unit = { length: scale.unit, value: valueUnit(image) };
  return { values: numbersOf(kind, points, scale, image, frame, image.type === "rgb8" ? null : values), unit };
}

function numbersOf(
  kind: Kind,
  points: Point[],
  scale: Scale,
  image: Image,
  frame: number,
  values: ArrayLike<number> | null,
): Record<string, number> {
  if (kind === "length") return { length: lengthBetween(points[0]!, points[1]!, scale) };
  if (kind === "angle") return { angle: angleAt(points[1]!, points[0]!, points[2]!, scale) };
  if (kind === "probe") return valueAt(points[0]!, image, values);
  if (kind === "arrow") return {};
  const region = kind === "ellipse" ? ellipseRegion(points) : rectangleRegion(points);
  return { ...insideOf(region, image, frame, values), area: areaOf(region) * scale.row * scale.column };
}

function lengthBetween(one: Point, other: Point, { row, column }: Scale): number {
  return Math.hypot((other[0] - one[0]) * column, (other[1] - one[1]) * row);
}

/** The angle at a vertex between the lines to two ends, in degrees from 0 to 180. */
function angleAt(vertex: Point, one: Point, other: Point, { row, column }: Scale): number {
  const [ax, ay] = [(one[0] - vertex[0]) * column, (one[1] - vertex[1]) * row];
  const [bx, by] = [(other[0] - vertex[0]) * column, (other[1] - vertex[1]) * row];
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI;
}

function valueAt(point: Point, image: Image, values: ArrayLike<number> | null): Record<string, number> {
  const [column, row] = [Math.round(point[0]), Math.round(point[1])];
  const isOutside = column < 0 || row < 0 || column >= image.columns || row >= image.rows;
  if (!values || isOutside) return {};
  const value = values[row * image.columns + column]!;
  return isNumber(value) ? { value } : {};
}

/** Padding is no tissue: it does not count. */
function insideOf(region: Region, image: Image, frame: number, values: ArrayLike<number> | null): object {
  if (!values) return {};
  const [low, high] = paddingValues(image, frame) ?? [1, 0];
  const counts = (value: number) => isNumber(value) && !(value >= low && value <= high);
  return statisticsIn(region, values, image.rows, image.columns, counts) ?? {};
}
