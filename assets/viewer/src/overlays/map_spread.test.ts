import { expect, test } from "vitest";
import { spread } from "./map_spread";

const MAP = { rows: 2, columns: 3, cells: [0, 3, 1, 4, 2, 8] };
// cv2.resize(map, (7, 5), interpolation=cv2.INTER_LINEAR) of OpenCV 4
const OPENCV = [
  [0, 0.42857, 1.71429, 3, 2.14286, 1.28571, 1],
  [0.4, 0.75714, 1.82857, 2.9, 2.38571, 1.87143, 1.7],
  [2, 2.07143, 2.28571, 2.5, 3.35714, 4.21429, 4.5],
  [3.6, 3.38571, 2.74286, 2.1, 4.32857, 6.55714, 7.3],
  [4, 3.71429, 2.85714, 2, 4.57143, 7.14286, 8],
].flat();

test("spreads a map as OpenCV does, for grids that the cells do not divide", () => {
  const spreadOut = spread(MAP, 5, 7);
  OPENCV.forEach((value, i) => expect(spreadOut[i]).toBeCloseTo(value, 4));
});

test("one cell covers everything, and a grid of the map's own size is the map", () => {
  expect([...spread({ rows: 1, columns: 1, cells: [5] }, 2, 3)]).toEqual([5, 5, 5, 5, 5, 5]);
  expect([...spread(MAP, 2, 3)]).toEqual(MAP.cells);
});

test("a cell's own value stands at its centre alone, and its neighbour's begins to count beside it", () => {
  const spreadOut = spread({ rows: 1, columns: 2, cells: [0, 10] }, 1, 8); // centres at 1.5 and 5.5
  expect([...spreadOut].map((value) => Math.round(value * 100) / 100)).toEqual([0, 0, 1.25, 3.75, 6.25, 8.75, 10, 10]);
});
