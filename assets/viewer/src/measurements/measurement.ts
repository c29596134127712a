/** A measurement as the server keeps it, and as Cornerstone3D draws it. */

import { Enums, metaData, type Types } from "@cornerstonejs/core";
import type { Types as ToolTypes } from "@cornerstonejs/tools";
import { DRAWING_TOOLS, kindOf, measuredOf, pointsOf } from "../tools/annotations";
import { imageOf, toImagePoint, toWorld } from "../images/images";
import type { Point } from "../tools/regions";
import type { Kind, Measured } from "../tools/units";

export interface Measurement extends Measured {
  uid: string;
  sop_instance_uid: string;
  frame: number; // from 0
  kind: Kind;
  points: Point[];
  text: string;
  reader: string;
  created_at: string | null; // ISO 8601; null until it is saved
  reading: number | null;
  removed: boolean;
}

const SAME = 1e-3; // pixels: finer than any hand, coarser than what is lost on the way to the world and back
const OFF_PLANE_MM = 0.01;
const LONGEST_TEXT = 200; // characters, as on the server
const NOWHERE: Types.Point3 = [0, 0, 0];

/** What a drawing shows, without the numbers that are read off it. */
export interface Drawn {
  kind: Kind;
  imageId: string;
  points: Point[];
  text: string;
}

/** Read a drawing; null where it is no measurement, or does not lie on a stored image. */
export function readDrawing(drawing: ToolTypes.Annotation): Drawn | null {
  const kind = kindOf(drawing);
  const imageId = drawing.metadata?.referencedImageId ?? "";
  const places = drawing.data.handles?.points ?? [];
  if (!kind || !isKnown(imageId) || !places.every((place) => liesOn(imageId, place))) return null;
  const text = (drawing.data.label ?? "").trim().slice(0, LONGEST_TEXT);
  return { kind, imageId, points: pointsOf(drawing, imageId), text };
}

/** Read a drawing with its numbers; null where there are none yet. */
export function measureDrawing(drawing: ToolTypes.Annotation): Measurement | null {
  const [drawn, measured] = [readDrawing(drawing), measuredOf(drawing)];
  if (!drawn || !measured) return null;
  const { image, frame } = imageOf(drawn.imageId);
  return {
    ...measured,
    uid: drawing.annotationUID!,
    sop_instance_uid: image.sop_instance_uid,
    frame,
    kind: drawn.kind,
    points: drawn.points,
    text: drawn.text,
    reader: "",
    created_at: null,
    reading: null,
    removed: false,
  };
}

/** Make the drawing of a measurement on the image that it belongs to. */
export function asAnnotation(measurement: Measurement, imageId: string): ToolTypes.Annotation {
  const plane = metaData.get(Enums.MetadataModules.IMAGE_PLANE, imageId) as Types.ImagePlaneModule;
  const [row, column] = [plane.rowCosines!, plane.columnCosines!] as [Types.Point3, Types.Point3];
  return {
    annotationUID: measurement.uid,
    highlighted: false,
    invalidated: true, // its numbers are read again from the image
    isLocked: false,
    isVisible: true,
    metadata: {
      toolName: DRAWING_TOOLS[measurement.kind],
      FrameOfReferenceUID: plane.frameOfReferenceUID,
      referencedImageId: imageId,
      viewPlaneNormal: [
        row[1] * column[2] - row[2] * column[1],
        row[2] * column[0] - row[0] * column[2],
        row[0] * column[1] - row[1] * column[0],
      ],
      viewUp: [-column[0], -column[1], -column[2]],
    },
    data: {
      label: measurement.text,
      handles: { points: worldPoints(measurement, imageId), activeHandleIndex: null, arrowFirst: true, textBox: textBox() },
      cachedStats: {},
    },
  };
}

export function worldPoints(measurement: Measurement, imageId: string): Types.Point3[] {
  return measurement.points.map((point) => toWorld(imageId, point));
}

/** Whether a drawing lies where a measurement does, to what is lost on the way to the world and back. */
export function liesTheSame(one: readonly Point[], other: readonly Point[]): boolean {
  const near = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]) < SAME;
  return one.length === other.length && one.every((point, i) => near(point, other[i]!));
}

/** What goes to the server: numbers that JSON knows, and nothing that the server gives itself. */
export function asBody(measurement: Measurement): string {
  const { created_at: _, reading: __, ...own } = measurement;
  const values = Object.entries(own.values).filter(([, value]) => Number.isFinite(value));
  return JSON.stringify({ ...own, values: Object.fromEntries(values) });
}

/** Whether a place is in the plane of an image: what is drawn on another cut through the volume is not on it. */
function liesOn(imageId: string, place: Types.Point3): boolean {
  const back = toWorld(imageId, toImagePoint(imageId, place));
  return Math.hypot(...place.map((part, axis) => part - back[axis]!)) < OFF_PLANE_MM;
}

function isKnown(imageId: string): boolean {
  return imageId !== "" && metaData.get(Enums.MetadataModules.IMAGE_PLANE, imageId) !== undefined;
}

function textBox(): NonNullable<ToolTypes.Annotation["data"]["handles"]>["textBox"] {
  const box = { topLeft: NOWHERE, topRight: NOWHERE, bottomLeft: NOWHERE, bottomRight: NOWHERE };
  return { hasMoved: false, worldPosition: [...NOWHERE], worldBoundingBox: box };
}

