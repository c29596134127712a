/** How much of a volume a plane looks through: one slice, or a slab of some mm with its brightest, darkest or mean values. */

import { Enums } from "@cornerstonejs/core";
import { element } from "../dom";

export interface Slab {
  blend: Enums.BlendModes;
  thickness: number; // mm; of no account for one slice
}

export type SlabKind = "slice" | "mip" | "minip" | "mean";

const KINDS: Record<SlabKind, [string, Enums.BlendModes]> = {
  slice: ["One slice", Enums.BlendModes.COMPOSITE],
  mip: ["Brightest (MIP)", Enums.BlendModes.MAXIMUM_INTENSITY_BLEND],
  minip: ["Darkest (MinIP)", Enums.BlendModes.MINIMUM_INTENSITY_BLEND],
  mean: ["Mean", Enums.BlendModes.AVERAGE_INTENSITY_BLEND],
};
const FIRST_MM = 10;
const [THINNEST_MM, THICKEST_MM] = [1, 200];

/** The thickness that was typed, within what makes sense; the one before where it is no number. */
export function thicknessFrom(text: string, before: number): number {
  const typed = Number(text.replace(",", "."));
  return text.trim() === "" || !Number.isFinite(typed) ? before : Math.min(Math.max(typed, THINNEST_MM), THICKEST_MM);
}

/** What a slab is called in a plane's corner; nothing for one slice. */
export function slabText(kind: SlabKind, thickness: number): string {
  return kind === "slice" ? "" : `${{ mip: "MIP", minip: "MinIP", mean: "Mean" }[kind]} of ${thickness} mm`;
}

/** A choice and a thickness for the bar above the planes. */
export class SlabControls {
  private kind: SlabKind = "slice";
  private thickness = FIRST_MM;
  private readonly choice = element("select", { label: "Slab" });
  private readonly input = element("input", { label: "Slab thickness in mm" });
  private readonly unit = element("span", { text: "mm" });
  readonly root = element("div", { className: "group", role: "group", label: "Slab" }, [this.choice, this.input, this.unit]);

  constructor(private readonly onChange: () => void) {
    for (const [kind, [text]] of Object.entries(KINDS)) {
      const option = element("option", { text });
      option.value = kind;
      this.choice.append(option);
    }
    Object.assign(this.input, { type: "number", min: String(THINNEST_MM), max: String(THICKEST_MM), step: "1", value: String(FIRST_MM) });
    this.choice.addEventListener("change", () => this.choose(this.choice.value as SlabKind));
    this.input.addEventListener("change", () => this.setThickness());
    this.show();
  }

  get slab(): Slab {
    return { blend: KINDS[this.kind][1], thickness: this.thickness };
  }

  get text(): string {
    return slabText(this.kind, this.thickness);
  }

  private choose(kind: SlabKind): void {
    this.kind = kind;
    this.show();
    this.onChange();
  }

  private setThickness(): void {
    this.thickness = thicknessFrom(this.input.value, this.thickness);
    this.input.value = String(this.thickness);
    this.onChange();
  }

  private show(): void {
    this.input.hidden = this.unit.hidden = this.kind === "slice";
  }
}

export const SLAB_STYLE = `
.planes-bar input { width: 4.2em; font: inherit; color: inherit; background: #1d2326; border: 1px solid #2a3033; border-radius: 4px; padding: 3px 5px; min-height: 28px; box-sizing: border-box; }
.planes-bar span { align-self: center; }
.planes-bar [hidden] { display: none; }
`;
