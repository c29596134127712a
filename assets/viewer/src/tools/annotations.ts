/** What Cornerstone3D's tools have drawn, as image points and measured values. */

import { cache } from "@cornerstonejs/core";
import { annotation as annotations, type Types } from "@cornerstonejs/tools";
import { imageOf, toImagePoint } from "../images/images";
import { measure } from "./measure";
import type { Point } from "./regions";
import { type Kind, linesFor, type Measured } from "./units";

const IMAGE_TARGET = "imageId:";

/** The tools that draw, by the kind of what they draw. */
export const DRAWING_TOOLS: Record<Kind, string> = {
  length: "Length",
  angle: "Angle",
  rectangle: "RectangleROI",
  ellipse: "EllipticalROI",
  probe: "Probe",
  arrow: "ArrowAnnotate",
};

type Drawn = Types.Annotation;

const READ = new WeakMap<object, { from: string; measured: Measured | null }>(); // by an annotation's data

export function kindOf(drawn: Drawn): Kind | null {
  const found = Object.entries(DRAWING_TOOLS).find(([, name]) => name === drawn.metadata?.toolName);
  return found ? (found[0] as Kind) : null;
}

/** The image points of what was drawn on an image: column and row. */
export function pointsOf(drawn: Pick<Drawn, "data">, imageId: string): Point[] {
  return (drawn.data.handles?.points ?? []).map((world) => toImagePoint(imageId, world));
}

/** What a drawing says; null for one on no image, or one that is not finished. */
export function measuredOf(drawn: Drawn): Measured | null {
  const [kind, imageId] = [kindOf(drawn), drawn.metadata?.referencedImageId];
  return kind && imageId ? read(kind, drawn.data, imageId) : null;
}

/** The lines that a tool writes beside what it drew. */
export function textLines(kind: Kind, data: Drawn["data"], targets: string | string[]): string[] | undefined {
  const target = typeof targets === "string" ? targets : targets[0];
  if (!target?.startsWith(IMAGE_TARGET)) return undefined;
  const measured = read(kind, data, target.slice(IMAGE_TARGET.length));
  return measured ? linesFor(kind, measured) : undefined;
}

/** Tools ask at every picture; a large region is read anew only when it was changed. */
function read(kind: Kind, data: Drawn["data"], imageId: string): Measured | null {
  const points = pointsOf({ data }, imageId);
  const values = cache.isLoaded(imageId) ? (cache.getImage(imageId)?.getPixelData() ?? null) : null;
  const from = JSON.stringify([imageId, points, values !== null]);
  const known = READ.get(data);
  if (known?.from === from) return known.measured;
  const { image, frame } = imageOf(imageId);
  const measured = measure(kind, points, image, frame, values as ArrayLike<number> | null);
  READ.set(data, { from, measured });
  return measured;
}

/** Every drawing of these tools, on whichever image. */
export function allDrawn(): Drawn[] {
  return annotations.state.getAllAnnotations().filter((one) => kindOf(one) !== null);
}

/** The drawings that the reader has selected. */
export function selected(): Drawn[] {
  return annotations.selection
    .getAnnotationsSelected()
    .map((uid) => annotations.state.getAnnotation(uid))
    .filter((one): one is Drawn => Boolean(one) && kindOf(one) !== null);
}

export function remove(drawn: Drawn): void {
  annotations.selection.setAnnotationSelected(drawn.annotationUID!, false);
  annotations.state.removeAnnotation(drawn.annotationUID!);
}
