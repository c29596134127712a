/** Letters at a picture's edges say where in the patient they lie. Source: DICOM PS3.3, C.7.6.1.1.1 (L, R, A, P, H, F). */

import type { Cell } from "../cells/cell";
import { element } from "../dom";
import { onEachCell } from "../cells/each_cell";
import { HALO } from "./halo";
import { planeOf } from "../images/images";
import type { Viewer } from "../stage";

export type Direction = readonly [number, number, number]; // in the patient: to the left, to the back, to the head

export interface ScreenDirections {
  right: Direction; // where in the patient the screen's right lies
  down: Direction;
}

export type Edge = "left" | "right" | "top" | "bottom";

/** The part of the map from image coordinates to the screen that turns and stretches. */
export interface Turn {
  a: number;
  b: number;
  c: number;
  d: number;
}

const OBLIQUE = Math.sin((15 * Math.PI) / 180); // a direction nearer than this to an axis goes by that axis' letter alone
const LETTERS = [["R", "L"], ["A", "P"], ["F", "H"]] as const; // against and along each axis
const EDGES: Edge[] = ["left", "right", "top", "bottom"];

/** One letter for a direction along the patient's axes; the two that it lies between for an oblique one. */
export function letters(direction: Direction): string {
  const length = Math.hypot(...direction);
  if (!(length > 0)) return "";
  return [0, 1, 2]
    .filter((axis) => Math.abs(direction[axis]!) / length > OBLIQUE)
    .sort((one, other) => Math.abs(direction[other]!) - Math.abs(direction[one]!))
    .slice(0, 2)
    .map((axis) => LETTERS[axis]![direction[axis]! > 0 ? 1 : 0])
    .join("");
}

/** The letters at the four edges. */
export function edgeLetters({ right, down }: ScreenDirections): Record<Edge, string> {
  return { left: letters(opposite(right)), right: letters(right), top: letters(opposite(down)), bottom: letters(down) };
}

/** Where in the patient the screen's right and its bottom lie, for an image whose rows and columns run as given. */
export function screenDirections(
  turn: Turn,
  orientation: readonly [number, number, number, number, number, number],
  [rowSpacing, columnSpacing]: readonly [number, number],
): ScreenDirections {
  const area = turn.a * turn.d - turn.b * turn.c;
  const along = (x: number, y: number): Direction => {
    const column = ((turn.d * x - turn.c * y) / area) * columnSpacing;
    const row = ((turn.a * y - turn.b * x) / area) * rowSpacing;
    return [0, 1, 2].map((axis) => orientation[axis]! * column + orientation[axis + 3]! * row) as unknown as Direction;
  };
  return { right: along(1, 0), down: along(0, 1) };
}

/** The four places for letters on a cell's cover. */
export class EdgeLetters {
  private readonly places: Record<Edge, HTMLSpanElement>;

  constructor(cover: HTMLElement) {
    const made = EDGES.map((edge) => [edge, element("span", { className: `letter at-${edge}` })] as const);
    this.places = Object.fromEntries(made) as Record<Edge, HTMLSpanElement>;
    cover.append(...Object.values(this.places));
  }

  /** Write the letters; none where the file does not say how the picture lies in the patient. */
  show(directions: ScreenDirections | null): void {
    const texts = directions ? edgeLetters(directions) : null;
    for (const edge of EDGES) {
      const text = texts?.[edge] ?? "";
      if (this.places[edge].textContent !== text) this.places[edge].textContent = text;
    }
  }
}

export function addOrientation(viewer: Viewer): void {
  onEachCell(viewer, (cell) => {
    const edges = new EdgeLetters(cell.cover);
    const update = () => edges.show(directionsOf(cell));
    cell.on("rendered", update);
    cell.on("failed", update);
  });
}

function directionsOf(cell: Cell): ScreenDirections | null {
  if (!cell.imageId || cell.failure) return null;
  const { orientation, rowSpacing, columnSpacing, isPlaced } = planeOf(cell.imageId);
  return isPlaced ? screenDirections(cell.imageToCanvas(), orientation, [rowSpacing, columnSpacing]) : null;
}

function opposite(direction: Direction): Direction {
  return [-direction[0], -direction[1], -direction[2]];
}

export const ORIENTATION_STYLE = `
.letter { position: absolute; user-select: none; font-weight: 600; font-size: 14px; color: #d3d8da; text-shadow: ${HALO}; }
.letter.at-left { left: 6px; top: 50%; transform: translateY(-50%); }
.letter.at-right { right: 26px; top: 50%; transform: translateY(-50%); }
.letter.at-top { top: 4px; left: 50%; transform: translateX(-50%); }
.letter.at-bottom { bottom: 4px; left: 50%; transform: translateX(-50%); }
`;
