/** Which pixels lie in a shape on the film, and what their values are like. */

export type Point = [number, number]; // column, row; the centre of the first pixel is 0, 0

/** A parallelogram or an ellipse: a point is inside by its two coordinates along `across` and `down`, from `origin`. */
export interface Region {
  origin: Point; // a corner of the rectangle, the centre of the ellipse
  across: Point;
  down: Point;
  isEllipse: boolean;
}

export interface RegionStatistics {
  mean: number;
  standard_deviation: number; // of these pixels, not of a sample
  minimum: number;
  maximum: number;
  pixels: number;
}

const EDGE = 1e-6; // of a side: a pixel whose centre lies on the edge is inside

/** The region of a rectangle's corners in the order top left, top right, bottom left, bottom right. */
export function rectangleRegion([topLeft, topRight, bottomLeft]: Point[]): Region {
  return {
    origin: topLeft!,
    across: difference(topRight!, topLeft!),
    down: difference(bottomLeft!, topLeft!),
    isEllipse: false,
  };
}

/** The region of the ends of an ellipse's axes in the order bottom, top, left, right. */
export function ellipseRegion([bottom, top, left, right]: Point[]): Region {
  return {
    origin: [(left![0] + right![0]) / 2, (left![1] + right![1]) / 2],
    across: scaled(difference(right!, left!), 0.5),
    down: scaled(difference(bottom!, top!), 0.5),
    isEllipse: true,
  };
}

/** The area in squares of a pixel's side. */
export function areaOf(region: Region): number {
  const { across, down } = region;
  return Math.abs(across[0] * down[1] - across[1] * down[0]) * (region.isEllipse ? Math.PI : 1);
}

/** What the values are like whose pixel's centre lies inside; null where there is none. Those that `isValue` denies are left out. */
export function statisticsIn(
  region: Region,
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  isValue: (value: number) => boolean,
): RegionStatistics | null {
  let [pixels, mean, squares] = [0, 0, 0];
  let [minimum, maximum] = [Infinity, -Infinity];
  forEachInside(region, rows, columns, (index) => {
    const value = values[index]!;
    if (!isValue(value)) return;
    pixels++;
    const distance = value - mean;
    mean += distance / pixels; // Welford's way: no large sums that cancel out
    squares += distance * (value - mean);
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  });
  return pixels ? { mean, standard_deviation: Math.sqrt(squares / pixels), minimum, maximum, pixels } : null;
}

function forEachInside(region: Region, rows: number, columns: number, visit: (index: number) => void): void {
  const { origin, across, down } = region;
  const determinant = across[0] * down[1] - across[1] * down[0];
  if (determinant === 0) return;
  const [left, top, right, bottom] = boundsOf(region);
  for (let row = Math.max(Math.ceil(top), 0); row <= Math.min(Math.floor(bottom), rows - 1); row++) {
    for (let column = Math.max(Math.ceil(left), 0); column <= Math.min(Math.floor(right), columns - 1); column++) {
      const [x, y] = [column - origin[0], row - origin[1]];
      const a = (x * down[1] - y * down[0]) / determinant;
      const b = (y * across[0] - x * across[1]) / determinant;
      if (isInside(a, b, region.isEllipse)) visit(row * columns + column);
    }
  }
}

function isInside(a: number, b: number, isEllipse: boolean): boolean {
  if (isEllipse) return a * a + b * b <= 1 + EDGE;
  return a >= -EDGE && a <= 1 + EDGE && b >= -EDGE && b <= 1 + EDGE;
}

function boundsOf({ origin, across, down, isEllipse }: Region): [number, number, number, number] {
  if (isEllipse) {
    const [width, height] = [Math.hypot(across[0], down[0]) + EDGE, Math.hypot(across[1], down[1]) + EDGE];
    return [origin[0] - width, origin[1] - height, origin[0] + width, origin[1] + height];
  }
  const xs = [0, across[0], down[0], across[0] + down[0]].map((x) => origin[0] + x);
  const ys = [0, across[1], down[1], across[1] + down[1]].map((y) => origin[1] + y);
  return [Math.min(...xs) - EDGE, Math.min(...ys) - EDGE, Math.max(...xs) + EDGE, Math.max(...ys) + EDGE];
}

function difference(one: Point, other: Point): Point {
  return [one[0] - other[0], one[1] - other[1]];
}

function scaled(point: Point, factor: number): Point {
  return [point[0] * factor, point[1] * factor];
}
