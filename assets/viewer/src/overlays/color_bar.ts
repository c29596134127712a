/** The heatmap's colours with the values that they stand for, the same on every film. */

import { type ColorMapName, colorTable } from "./color_maps";
import { element } from "../dom";

const WIDTH = 160; // pixels; a whole number of them for each tick would not matter to anybody
const HEIGHT = 8;

export interface BarChoice {
  colors: ColorMapName;
  scale: number;
  threshold: number;
}

/** The values that are written under the bar: zero, the middle and the scale's top. */
export function ticks(scale: number): string[] {
  return [0, scale / 2, scale].map(shortNumber);
}

/** A number in two digits that count, without an exponent. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(2)));
}

export class ColorBar {
  readonly element: HTMLDivElement;
  private readonly canvas = element("canvas");
  private readonly ticks = element("div", { className: "ticks" });

  constructor() {
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.element = element("div", { className: "color-bar", role: "img" }, [this.canvas, this.ticks]);
  }

  draw(choice: BarChoice): void {
    const table = colorTable(choice.colors);
    const picture = new ImageData(WIDTH, HEIGHT);
    for (let x = 0; x < WIDTH; x++) {
      const share = x / (WIDTH - 1);
      const level = 4 * Math.round(share * 255);
      const isDrawn = share * choice.scale >= choice.threshold;
      for (let y = 0; y < HEIGHT; y++) {
        const at = 4 * (y * WIDTH + x);
        picture.data.set(table.subarray(level, level + 3), at);
        picture.data[at + 3] = isDrawn ? 255 : 60;
      }
    }
    this.canvas.getContext("2d")!.putImageData(picture, 0, 0);
    const texts = ticks(choice.scale);
    this.ticks.replaceChildren(...texts.map((text) => element("span", { text })));
    this.element.setAttribute("aria-label", `Colours from ${texts[0]} to ${texts[2]} points of the model's score for each cell`);
  }
}

export const COLOR_BAR_STYLE = `
.color-bar { width: 160px; }
.color-bar canvas { display: block; width: 100%; height: 8px; border-radius: 2px; background: #2a3033; }
.color-bar .ticks { display: flex; justify-content: space-between; font-size: 11px; line-height: 1.2; color: #a7b0b4; font-variant-numeric: tabular-nums; }
`;
