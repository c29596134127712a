/** Spreads a map's cells over the picture that they were made from. */

export interface CellMap {
  rows: number;
  columns: number;
  cells: readonly number[]; // row by row
}

/** Bilinear between the cells' centres, the edges held, as OpenCV's INTER_LINEAR does it. */
export function spread(map: CellMap, rows: number, columns: number): Float32Array {
  const across = weights(map.columns, columns);
  const down = weights(map.rows, rows);
  const spreadOut = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const { before: above, after: below, part: lower } = down[row]!;
    for (let column = 0; column < columns; column++) {
      const { before, after, part } = across[column]!;
      const top = mix(map.cells[above * map.columns + before]!, map.cells[above * map.columns + after]!, part);
      const bottom = mix(map.cells[below * map.columns + before]!, map.cells[below * map.columns + after]!, part);
      spreadOut[row * columns + column] = mix(top, bottom, lower);
    }
  }
  return spreadOut;
}

function weights(cells: number, pixels: number): { before: number; after: number; part: number }[] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = Math.min(Math.max(((pixel + 0.5) * cells) / pixels - 0.5, 0), cells - 1);
    const before = Math.floor(place);
    return { before, after: Math.min(before + 1, cells - 1), part: place - before };
  });
}

function mix(one: number, other: number, part: number): number {
  return one * (1 - part) + other * part;
}
