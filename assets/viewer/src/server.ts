/** What MedCore's server answers: images, series and frames. The fields follow DICOM PS3.3; the server's routes describe them. */

export type PixelType = "uint8" | "int8" | "uint16" | "int16" | "float32" | "rgb8";

export interface Window {
  center: number;
  width: number;
  name: string;
  function: string; // LINEAR, LINEAR_EXACT or SIGMOID
}

export interface LookupTable {
  first: number;
  bits: number;
  table: number[];
}

/** A part of an ultrasound image that shows tissue to scale. Source: DICOM PS3.3, C.8.5.5 (US Region Calibration). */
export interface Region {
  box: [number, number, number, number]; // left, top, right, bottom, the last pixels included
  spacing_mm: [number, number]; // between rows, between columns
}

export interface FrameAttributes {
  position: [number, number, number] | null;
  orientation: [number, number, number, number, number, number] | null;
  slope?: number;
  intercept?: number;
  windows?: Window[];
}

export interface Image {
  sop_instance_uid: string;
  rows: number;
  columns: number;
  frames: number;
  type: PixelType;
  photometric_interpretation: string;
  inverted: boolean;
  modality: string;
  unit: string;
  bits_stored: number;
  spacing_mm: [number, number] | null; // between rows, between columns
  spacing_source: string;
  regions: Region[];
  pixel_aspect: number; // height of a pixel over its width
  frame_of_reference_uid: string;
  frame_time_ms: number | null;
  slope: number;
  intercept: number;
  modality_lut: LookupTable | null;
  windows: Window[];
  voi_lut: LookupTable | null;
  padding: [number, number] | null; // stored values that mean "no image here"
  per_frame: FrameAttributes[];
  error?: string; // why it cannot be shown: nothing but its place in the series is known then
}

export interface SeriesImages {
  series: number;
  volume: { possible: boolean; reason: string };
  images: Image[];
  order: [number, number][]; // index into images, frame from 0, in reading order
}

/** An answer that is not the one asked for; its message can be shown to the reader. */
export class ServerError extends Error {
  constructor(
    message: string,
    readonly isFinal = false, // whether asking again would bring the same answer
  ) {
    super(message);
  }
}

const FINAL = [404, 410, 422];
const UNREACHABLE = "MedCore does not answer. Check that it is running, then reload the page.";

export async function fetchSeries(series: number): Promise<SeriesImages> {
  return (await ask(`/series/${series}/images`)).json() as Promise<SeriesImages>;
}

export async function fetchFrame(sopInstanceUid: string, frame: number, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await ask(`/pixels/${sopInstanceUid}/${frame}`, { signal: signal ?? null })).arrayBuffer();
}

export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ServerError(UNREACHABLE);
  }
  if (!response.ok) throw new ServerError(await explain(response), FINAL.includes(response.status));
  return response;
}

async function explain(response: Response): Promise<string> {
  if (response.status === 410) return "This image was deleted. Go back to the worklist.";
  if (response.status === 403) return "This page has been open too long. Reload it.";
  if (response.headers.get("content-type")?.includes("json")) {
    const { error } = (await response.json()) as { error?: unknown };
    if (typeof error === "string") return error;
  }
  return `The image could not be loaded (${response.status}). Reload the page and try again.`;
}
