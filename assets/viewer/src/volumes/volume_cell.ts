/** One plane through a volume, along the patient's axes, with the crosshair that the three of them share. */

import { Enums, type RenderingEngine, type StackViewport, type VolumeViewport } from "@cornerstonejs/core";
import { decimal } from "../overlays/corners";
import { drawThrough } from "../images/curves";
import { element } from "../dom";
import { EdgeLetters } from "../overlays/orientation";
import { add, dot, subtract, type Vector } from "../cells/planes";
import { ScaleBar } from "../overlays/scale_bar";
import type { Window } from "../server";
import type { Slab } from "./slab";
import type { Volume } from "./volume";
import { alignedWith, type Look, LOOKS, type PlaneName } from "./volume_geometry";
import { curveOf, fullRange, type Range } from "../images/windows";

const SVG = "http://www.w3.org/2000/svg";
const SAME_MM = 1e-6;
const GAP = 14; // CSS pixels about the crosshair's centre that stay free
const NAMES: Record<PlaneName, string> = { axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" };

export class VolumePlane {
  readonly id: string;
  readonly look: Look;
  readonly plate = element("div", { className: "plate" });
  readonly cover = element("div", { className: "cover" });
  readonly frame: HTMLDivElement;
  private readonly text = element("div", { className: "corner top-left" });
  private readonly lines: SVGLineElement[];
  private readonly bar: ScaleBar;
  private center: Vector = [0, 0, 0];
  private slab = "";
  private window: Window = fullRange([0, 1]);

  constructor(
    readonly name: PlaneName,
    private readonly engine: RenderingEngine,
    private readonly volume: Volume,
  ) {
    this.id = `plane-${name}-${volume.id}`;
    this.look = LOOKS[name];
    const label = `${NAMES[name]} plane`;
    this.frame = element("div", { className: "plane", tabIndex: 0, role: "region", label }, [this.plate, this.cover]);
    this.frame.dataset.plane = name;
    const sheet = document.createElementNS(SVG, "svg");
    this.lines = [0, 1, 2, 3].map(() => sheet.appendChild(document.createElementNS(SVG, "line")));
    sheet.classList.add("crosshair");
    sheet.setAttribute("aria-hidden", "true");
    this.cover.append(sheet, this.text);
    this.bar = new ScaleBar(this.cover);
    new EdgeLetters(this.cover).show(this.look);
    this.plate.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get viewport(): VolumeViewport {
    return this.engine.getViewport(this.id) as VolumeViewport;
  }

  /** Let Cornerstone3D draw here; the frame must stand in the document. */
  async enable(): Promise<void> {
    this.engine.enableElement({
      viewportId: this.id,
      element: this.plate,
      type: Enums.ViewportType.ORTHOGRAPHIC,
      defaultOptions: { orientation: this.name as Enums.OrientationAxis },
    });
    await this.viewport.setVolumes([{ volumeId: this.volume.id }]);
    this.viewport.setProperties({ interpolationType: Enums.InterpolationType.LINEAR });
    this.plate.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.draw());
  }

  disable(): void {
    this.engine.disableElement(this.id);
  }

  /** Show the slice through a point, and the crosshair there. */
  moveTo(center: Vector): void {
    this.center = center;
    const { focalPoint, position } = this.viewport.getCamera();
    const target = alignedWith(focalPoint as Vector, center, this.look.normal);
    const shift = subtract(target, focalPoint as Vector);
    if (Math.hypot(...shift) < SAME_MM) return this.draw(); // another point of the same slice
    this.viewport.setCamera({ focalPoint: target, position: add(position as Vector, shift) });
    this.viewport.render();
  }

  /** The point of the slice under a point of the page. */
  pointUnder(event: { clientX: number; clientY: number }): Vector {
    const { left, top } = this.plate.getBoundingClientRect();
    const point = this.viewport.canvasToWorld([event.clientX - left, event.clientY - top]) as Vector;
    return alignedWith(point, this.center, this.look.normal); // exactly in the slice, whatever the camera rounds
  }

  get range(): Range {
    return this.viewport.getProperties()?.voiRange ?? { lower: 0, upper: 1 };
  }

  show(window: Window, isInverted: boolean): void {
    this.window = window;
    drawThrough(this.viewport as unknown as StackViewport, curveOf(window), isInverted);
    this.viewport.render();
  }

  /** Look through a slab of a thickness in mm, its middle in the slice; or at the slice alone. */
  setSlab({ blend, thickness }: Slab, text: string): void {
    this.slab = text;
    this.viewport.setBlendMode(blend);
    if (blend === Enums.BlendModes.COMPOSITE) this.viewport.resetSlabThickness();
    else this.viewport.setSlabThickness(thickness / 2); // Cornerstone3D counts from the middle to each side
    this.viewport.render();
  }

  fit(): void {
    this.viewport.resetCamera({ resetOrientation: false, suppressEvents: true });
    this.moveTo(this.center);
    this.viewport.render();
  }

  /** The text in the corner: which plane, where, through how much. */
  describe(): void {
    const position = `At ${decimal(dot(this.center, this.look.normal), 1)} mm`;
    const lines = [NAMES[this.name], this.slab ? `${position}, ${this.slab}` : position];
    this.text.replaceChildren(...lines.map((text) => element("div", { text })));
  }

  /** Lay crosshair and scale over the slice; what is drawn stands on the frame as well, for whoever cannot see it. */
  private draw(): void {
    const [x, y] = this.viewport.worldToCanvas(this.center) as [number, number];
    const { clientWidth: right, clientHeight: bottom } = this.plate;
    const ends = [[0, y, x - GAP, y], [x + GAP, y, right, y], [x, 0, x, y - GAP], [x, y + GAP, x, bottom]];
    ends.forEach((end, index) => ["x1", "y1", "x2", "y2"].forEach((name, at) => this.lines[index]!.setAttribute(name, String(end[at]))));
    const beside = this.viewport.worldToCanvas(add(this.center, this.look.right, 100)) as [number, number];
    const pixelsPerMm = Math.hypot(beside[0] - x, beside[1] - y) / 100;
    this.bar.show({ unitsPerPixel: 1 / pixelsPerMm, unit: "mm" });
    const { center, width } = this.window;
    Object.assign(this.frame.dataset, {
      center: this.center.join(" "), cross: `${x} ${y}`, scale: String(pixelsPerMm), window: `${center} ${width}`, slab: this.slab,
    });
  }
}

export const VOLUME_CELL_STYLE = `
.plane { position: relative; background: #000; min-width: 0; min-height: 0; overflow: hidden; outline: none; touch-action: none; }
.plane:focus-visible::after { content: ""; position: absolute; inset: 0; border: 2px solid #7cc3d3; pointer-events: none; }
.plane.aiming { cursor: crosshair; }
.crosshair { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; }
.crosshair line { stroke: #7cc3d3; stroke-width: 1; stroke-opacity: 0.85; }
`;
