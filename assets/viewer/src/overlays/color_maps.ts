/**
 * Colours for a heatmap, each perceptually uniform: equal steps of the value look like equal steps.
 *
 * Source: Inferno and Viridis by Smith and van der Walt (CC0); Inferno and its fade are those of the plain image.
 */

export type Color = readonly [number, number, number];

const INFERNO: Color[] = [
  [0, 0, 4], [27, 12, 65], [74, 12, 107], [120, 28, 109], [165, 44, 96],
  [207, 68, 70], [237, 105, 37], [251, 155, 6], [247, 209, 61], [252, 255, 164],
];
const VIRIDIS: Color[] = [
  [68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];
const GREY: Color[] = [[0, 0, 0], [255, 255, 255]];

export const COLOR_MAPS = { Inferno: INFERNO, Viridis: VIRIDIS, Grey: GREY } as const;
export type ColorMapName = keyof typeof COLOR_MAPS;

const LEVELS = 256;
const FADE = 0.25; // share of the scale below which colours fade, so that film without evidence stays film

/** Red, green, blue and opacity for each of 256 levels from zero to the scale's top. */
export function colorTable(name: ColorMapName): Uint8ClampedArray {
  const table = new Uint8ClampedArray(4 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const share = level / (LEVELS - 1);
    table.set([...between(COLOR_MAPS[name], share), 255 * Math.min(share / FADE, 1)], 4 * level);
  }
  return table;
}

function between(anchors: Color[], share: number): Color {
  const place = share * (anchors.length - 1);
  const before = Math.min(Math.floor(place), anchors.length - 2);
  const part = place - before;
  return [0, 1, 2].map((i) => anchors[before]![i]! * (1 - part) + anchors[before + 1]![i]! * part) as unknown as Color;
}

/** Colour values in a scale from 0 to `scale`; what is below the threshold stays clear. */
export function colorize(values: ArrayLike<number>, scale: number, threshold: number, table: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
  const colored = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= threshold)) continue;
    const level = Math.round(Math.min(Math.max(value / scale, 0), 1) * (LEVELS - 1));
    colored.set(table.subarray(4 * level, 4 * level + 4), 4 * i);
  }
  return colored;
}
