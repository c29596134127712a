/** Three planes through the volume of a series, with one crosshair: the same point of the patient in all of them. */

import type { Cell } from "../cells/cell";
import { planeFor, shownPlane } from "../cells/cell_planes";
import { button, element } from "../dom";
import { attachPlane, clearPlanes, holdInPlanes } from "./plane_tools";
import { add, centerOf, dot, normalOf, type Vector } from "../cells/planes";
import { SCROLL_ASKED } from "../tools/scroll_tool";
import { SlabControls } from "./slab";
import type { Viewer } from "../stage";
import type { ToolName } from "../tools/tools";
import { writeValue } from "../tools/units";
import { Volume } from "./volume";
import { VolumePlane } from "./volume_cell";
import { clampTo, nearestPlane, type PlaneName, stepAlong } from "./volume_geometry";
import { WheelWay, wheelPixels } from "../controls/wheel";
import { WINDOW_DRAGGED } from "../tools/window_tool";
import { toWindow } from "../images/windows";

const PAGE = 10; // slices
const FIT = "F";
const REMOVE = ["Delete", "Backspace"];
const KEYS: Record<string, number> = {
  ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: PAGE, PageUp: -PAGE, Home: -Infinity, End: Infinity,
};

export class Mpr {
  readonly root = element("div", { className: "planes", role: "group", label: "Planes through the volume" });
  private readonly volume: Volume;
  private readonly planes: VolumePlane[];
  private readonly main: PlaneName; // the one nearest to how the images were taken
  private readonly side: number; // which way along its normal the stack's order goes
  private readonly aim = button("Crosshair", "Move the crosshair with the left button (C)", () => this.setAiming(true));
  private readonly slab = new SlabControls(() => this.setSlab());
  private readonly value = element("output", { className: "planes-value", label: "At the crosshair" });
  isAiming = true; // whether the left button takes the crosshair along
  private isStopped = false;
  private pointer: number | null = null; // that holds the crosshair
  private center: Vector;

  /** The images of the cell's stack must be loaded. */
  constructor(
    private readonly viewer: Viewer,
    private readonly cell: Cell,
  ) {
    const first = planeFor(cell.stack[0]!);
    this.volume = new Volume(cell.stack);
    this.main = nearestPlane(first);
    const names: PlaneName[] = ["axial", "coronal", "sagittal"];
    const ordered = [this.main, ...names.filter((name) => name !== this.main)];
    this.planes = ordered.map((name) => new VolumePlane(name, viewer.engine, this.volume));
    this.side = Math.sign(dot(normalOf(first), this.planes[0]!.look.normal)) || 1;
    this.center = clampTo(this.volume.grid, centerOf(shownPlane(cell) ?? first));
    const fit = button("Fit", "Show each plane whole", () => this.fit());
    const leave = button("Close", "Go back to the stack", () => viewer.leaveVolume());
    const controls = [this.aim, this.slab.root, fit, this.value, leave];
    const bar = element("div", { className: "planes-bar", role: "toolbar", label: "Planes" }, controls);
    this.root.append(bar, element("div", { className: "planes-grid" }, this.planes.map((plane) => plane.frame)));
  }

  /** Draw the planes; the root must stand in the document. */
  async start(): Promise<void> {
    for (const plane of this.planes) {
      await plane.enable();
      if (this.isStopped) return plane.disable(); // the reader went elsewhere meanwhile
      attachPlane(plane.id, this.viewer.engine.id);
      this.listen(plane);
    }
    this.setAiming(true);
    this.follow();
    this.fit();
    this.moveTo(this.center);
  }

  stop(): void {
    this.isStopped = true;
    clearPlanes("all");
    for (const plane of this.planes) plane.disable();
    this.volume.release();
    this.root.remove();
  }

  get viewports(): VolumePlane["viewport"][] {
    return this.planes.map((plane) => plane.viewport).filter(Boolean); // those that are drawn already
  }

  /** Look through the window of the stack that the volume was made from. */
  follow(): void {
    const isInverted = this.cell.shown?.image.inverted !== this.cell.isTurned;
    for (const plane of this.planes) plane.show(this.cell.window, isInverted);
  }

  /** The reader has chosen another tool for the left button. */
  hold(name: ToolName): void {
    this.setAiming(false);
    holdInPlanes(name);
  }

  focus(): void {
    this.planes[0]!.frame.focus({ preventScroll: true });
  }

  /** Do what a key means here, for the plane that has the focus or else the first; false where it means nothing. */
  press(key: string): boolean {
    const plane = this.planes.find(({ frame }) => frame.matches(":focus-within")) ?? this.planes[0]!;
    const slices = KEYS[key];
    if (slices !== undefined) this.scroll(plane, slices);
    if (key === FIT) this.fit();
    if (REMOVE.includes(key)) this.removeSelected();
    return slices !== undefined || key === FIT || REMOVE.includes(key);
  }

  fit(): void {
    for (const plane of this.planes) plane.fit();
  }

  private moveTo(point: Vector): void {
    this.center = clampTo(this.volume.grid, point);
    for (const plane of this.planes) plane.moveTo(this.center);
    this.describe();
  }

  private scroll(plane: VolumePlane, slices: number): void {
    const side = plane.name === this.main ? this.side : 1;
    const way = Math.min(Math.max(slices, -1e4), 1e4) * side * stepAlong(this.volume.grid, plane.look.normal);
    this.moveTo(add(this.center, plane.look.normal, way));
  }

  private setSlab(): void {
    for (const plane of this.planes) plane.setSlab(this.slab.slab, this.slab.text);
    this.describe();
  }

  private describe(): void {
    for (const plane of this.planes) plane.describe();
    const value = this.volume.valueAt(this.center);
    const unit = this.cell.shown?.image.unit === "HU" ? "HU" : "";
    this.value.textContent = value === null ? "" : `At the crosshair: ${writeValue(value, unit)}`;
  }

  private removeSelected(): void {
    clearPlanes("selected");
    for (const plane of this.planes) plane.viewport.render();
  }

  setAiming(isAiming: boolean): void {
    this.isAiming = isAiming;
    this.aim.setAttribute("aria-pressed", String(isAiming));
    for (const plane of this.planes) plane.frame.classList.toggle("aiming", isAiming);
    this.viewer.emit("volume");
  }

  private listen(plane: VolumePlane): void {
    const { frame, plate } = plane;
    frame.addEventListener("pointerdown", (event) => this.take(plane, event), { capture: true });
    frame.addEventListener("pointermove", (event) => this.drag(plane, event));
    const keep = (event: TouchEvent) => this.isAiming && event.touches.length === 1 && event.stopPropagation();
    frame.addEventListener("touchstart", keep, { capture: true, passive: true });
    frame.addEventListener("dblclick", () => this.toggleFull(plane));
    plate.addEventListener(WINDOW_DRAGGED, () => this.cell.chooseWindow(toWindow(plane.range, this.cell.window.function)));
    plate.addEventListener(SCROLL_ASKED, (event) => this.scroll(plane, (event as CustomEvent<number>).detail));
    const way = new WheelWay();
    const roll = (event: WheelEvent) => {
      event.preventDefault();
      event.stopPropagation();
      const slices = way.go(wheelPixels(event));
      if (slices) this.scroll(plane, slices);
    };
    frame.addEventListener("wheel", roll, { capture: true, passive: false });
  }

  /** The left button, or one finger, takes the crosshair along; Cornerstone3D's tools hear nothing of it. */
  private take(plane: VolumePlane, event: PointerEvent): void {
    plane.frame.focus({ preventScroll: true });
    this.pointer = null; // a second finger ends what the first one did
    if (!this.isAiming || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    event.stopPropagation();
    this.pointer = event.pointerId;
    plane.frame.setPointerCapture(event.pointerId);
    this.moveTo(plane.pointUnder(event));
  }

  private drag(plane: VolumePlane, event: PointerEvent): void {
    if (event.pointerId === this.pointer && plane.frame.hasPointerCapture(event.pointerId)) this.moveTo(plane.pointUnder(event));
  }

  private toggleFull(plane: VolumePlane): void {
    const isFull = this.root.classList.toggle("full");
    for (const one of this.planes) one.frame.hidden = isFull && one !== plane;
    this.viewer.resize();
  }
}

export const MPR_STYLE = `
.planes { display: flex; flex-direction: column; flex: 1; min-width: 0; }
.planes-bar { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; padding: 3px; background: #101315; border-bottom: 1px solid #2a3033; }
.planes-value { flex: 1; text-align: right; font-variant-numeric: tabular-nums; color: #a9b2b5; }
.planes-grid { display: grid; flex: 1; min-height: 0; gap: 1px; background: #2a3033; grid-template: repeat(2, minmax(0, 1fr)) / repeat(2, minmax(0, 1fr)); }
.plane:first-child { grid-row: span 2; }
.planes.full .planes-grid { grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
.planes.full .plane { grid-row: auto; }
.plane[hidden], .in-planes .cine, .in-planes .menu-root:has([aria-label="Turn and flip"]) { display: none; }
`;
