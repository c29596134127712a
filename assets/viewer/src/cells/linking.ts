/** Cells that go along with the one in the reader's hands: its window, its enlargement, its slice. */

import { type Cell, sharesSpace } from "./cell";
import { element } from "../dom";
import { onEachCell } from "./each_cell";
import { icon, type IconName } from "../controls/icons";
import { placesOf, planeAt, shownPlane } from "./cell_planes";
import { add, centerOf, dot, goTogether, normalOf, type Plane, subtract, type Vector } from "./planes";
import { placeAfter, placeAt, placeByShare } from "./positions";
import type { Viewer } from "../stage";

export type Link = "window" | "camera" | "scroll";

const WORDS: Record<Link, [IconName, string]> = {
  window: ["window", "Link the window of all images"],
  camera: ["zoom", "Link zoom and position of all images"],
  scroll: ["scroll", "Link scrolling of all images, by position in the patient where it is known"],
};

/** Only the active cell leads, so that what follows never leads back. */
export class Linking {
  private readonly links = new Set<Link>();
  private readonly anchors = new Map<Cell, { plane: Plane | null; place: number }>(); // where each cell was when they were linked
  private readonly buttons = new Map<Link, HTMLButtonElement>();
  readonly root = element("div", { className: "group links", role: "group", label: "Linked images" }, [element("span", { text: "Link" })]);

  constructor(private readonly viewer: Viewer) {
    for (const link of Object.keys(WORDS) as Link[]) this.root.append(this.toggleFor(link));
    this.show();
  }

  isOn(link: Link): boolean {
    return this.links.has(link);
  }

  set(link: Link, isOn: boolean): void {
    if (isOn) this.links.add(link);
    else this.links.delete(link);
    if (link === "scroll") this.anchor();
    this.buttons.get(link)!.setAttribute("aria-pressed", String(isOn));
    if (isOn) this.lead(link);
  }

  /** There is nothing to link while one image is on show. */
  show(): void {
    this.root.hidden = this.viewer.layout.name === "one";
  }

  /** Remember which slices belong together now, for stacks that share no space. */
  anchor(): void {
    this.anchors.clear();
    for (const cell of this.viewer.cells) this.anchors.set(cell, { plane: shownPlane(cell), place: cell.place });
  }

  /** Have the others follow the active cell in one respect. */
  lead(link: Link): void {
    const leader = this.viewer.active;
    if (!this.links.has(link) || !leader?.shown) return;
    for (const cell of this.viewer.layout.shown) {
      if (cell !== leader) this.follow(link, leader, cell);
    }
  }

  /** Have a cell that was just opened follow one that was there before. */
  join(cell: Cell): void {
    const leader = this.viewer.layout.shown.find((one) => one !== cell && one.shown);
    this.anchor();
    if (leader) for (const link of this.links) this.follow(link, leader, cell);
  }

  private follow(link: Link, leader: Cell, cell: Cell): void {
    if (!leader.shown || !cell.shown) return;
    if (link === "window") followWindow(leader, cell);
    if (link === "camera") followCamera(leader, cell);
    if (link === "scroll") this.followScroll(leader, cell);
  }

  private followScroll(leader: Cell, cell: Cell): void {
    const place = this.placeFor(leader, cell);
    if (place !== null) void cell.scrollTo(place);
  }

  private placeFor(leader: Cell, cell: Cell): number | null {
    const [ours, theirs] = [shownPlane(leader), shownPlane(cell)];
    if (!ours || !theirs) return placeByShare(cell.length, leader.place, leader.length);
    if (sharesSpace(leader, cell)) return placeAt(placesOf(cell), ours);
    const [start, own] = [this.anchors.get(leader), this.anchors.get(cell)];
    return start?.plane && own ? placeAfter(placesOf(cell), own.place, start.plane, ours) : null;
  }

  private toggleFor(link: Link): HTMLButtonElement {
    const [name, label] = WORDS[link];
    const made = element("button", { label, title: label }, [icon(name)]);
    made.type = "button";
    made.setAttribute("aria-pressed", "false");
    made.addEventListener("click", () => this.set(link, !this.isOn(link)));
    this.buttons.set(link, made);
    return made;
  }
}

function followWindow(leader: Cell, cell: Cell): void {
  const [ours, theirs] = [leader.shown!.image, cell.shown!.image];
  if (ours.modality !== theirs.modality || ours.unit !== theirs.unit || ours.type === "rgb8" || theirs.type === "rgb8") return;
  const { center, width } = leader.window;
  if (cell.isTurned !== leader.isTurned) cell.turn();
  if (cell.window.center === center && cell.window.width === width) return;
  cell.chooseWindow({ ...leader.window });
}

/** Show the same part of the patient as large as the leader does. */
function followCamera(leader: Cell, cell: Cell): void {
  const [ours, theirs] = [planeAt(leader), planeAt(cell)];
  const [from, to] = [leader.viewport.getCamera(), cell.viewport.getCamera()];
  const scale = bothInMm(leader, cell) ? 1 : (theirs.rows * theirs.rowSpacing) / (ours.rows * ours.rowSpacing);
  const heights = cell.plate.clientHeight / leader.plate.clientHeight;
  const point = samePoint(leader, cell, from.focalPoint as Vector, scale);
  const focalPoint = add(to.focalPoint as Vector, inPlane(subtract(point, to.focalPoint as Vector), theirs));
  const parallelScale = from.parallelScale! * scale * heights;
  const shift = subtract(focalPoint, to.focalPoint as Vector);
  if (Math.hypot(...shift) < 1e-4 && Math.abs(parallelScale / to.parallelScale! - 1) < 1e-6) return;
  cell.viewport.setCamera({ focalPoint, position: add(to.position as Vector, shift), parallelScale });
  cell.viewport.render();
}

/** The point of a cell's space that stands for a point of the leader's: the same, or as far from the image's centre. */
function samePoint(leader: Cell, cell: Cell, point: Vector, scale: number): Vector {
  const [ours, theirs] = [planeAt(leader), planeAt(cell)];
  if (sharesSpace(leader, cell) && goTogether(ours, theirs)) return point;
  const away = subtract(point, centerOf(ours));
  return add(add(centerOf(theirs), theirs.right, dot(away, ours.right) * scale), theirs.down, dot(away, ours.down) * scale);
}

function bothInMm(one: Cell, other: Cell): boolean {
  return [one, other].every((cell) => cell.shown!.image.spacing_mm !== null);
}

function inPlane(vector: Vector, plane: Plane): Vector {
  const normal = normalOf(plane);
  return add(vector, normal, -dot(vector, normal));
}

export function addLinking(viewer: Viewer): Linking {
  const linking = new Linking(viewer);
  viewer.toolbar.append(linking.root);
  viewer.on("layout", () => linking.show());
  onEachCell(viewer, (cell) => {
    const leads = (link: Link) => () => {
      if (cell === viewer.active && !viewer.isOpening(cell)) linking.lead(link);
    };
    cell.on("window", leads("window"));
    cell.on("rendered", leads("camera"));
    cell.on("image", leads("scroll"));
    cell.on("opened", () => linking.join(cell));
  });
  return linking;
}

export const LINKING_STYLE = `
.links { align-items: center; }
.links span { color: #a9b2b5; padding: 0 3px; }
`;
