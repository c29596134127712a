/** Brings MedCore's frames into Cornerstone3D: an image loader and a metadata provider for `medcore:` image ids. */

import { cache, Enums, imageLoader, metaData, type Types, utilities } from "@cornerstonejs/core";
import { fetchFrame, type Image, type SeriesImages, ServerError } from "../server";
import { readStored, toModalityValues, typeOfSeries, type Values, valueRange, type ValueType } from "./values";
import { fileWindows, fullRange, toRange } from "./windows";

const SCHEME = "medcore";
const BYTES = { uint8: 1, int8: 1, uint16: 2, int16: 2, float32: 4, rgb8: 3 }; // of one pixel as it is sent
const OTHER_SIZE = "The image came with more or fewer pixels than it has. Reload the page and try again.";
const LATERAL: [number, number, number, number, number, number] = [1, 0, 0, 0, 1, 0]; // for films, which have no place in the patient

interface Known {
  image: Image;
  frame: number;
  type: ValueType; // of the whole series
  range: [number, number] | null; // of its modality values, once it was loaded
  failure: ServerError | null; // that no second try would change
}

const KNOWN = new Map<string, Known>();

/** Register loader and provider; once a page. */
export function registerImages(): void {
  imageLoader.registerImageLoader(SCHEME, loadImage);
  metaData.addProvider((type: string, imageId: string) => describe(type, imageId), 10_000);
}

/** Make known what the frames of a series are, and return their image ids in reading order. */
export function imageIdsOf(series: SeriesImages): string[] {
  const type = typeOfSeries(series.images);
  return series.order.map(([index, frame]) => {
    const image = series.images[index]!;
    const imageId = `${SCHEME}:${image.sop_instance_uid}/${frame}`;
    if (!KNOWN.has(imageId)) KNOWN.set(imageId, { image, frame, type, range: null, failure: failureOf(image) });
    return imageId;
  });
}

/** Without its description an image's values would be drawn without its scale, its tables and its colours: as something else. */
function failureOf(image: Image): ServerError | null {
  return image.error === undefined ? null : new ServerError(image.error, true);
}

/** The image and frame behind an image id that `imageIdsOf` gave. */
export function imageOf(imageId: string): Known {
  const known = KNOWN.get(imageId);
  if (!known) throw new Error("This image belongs to no series that is open.");
  return known;
}

/** The lowest and highest modality value of a frame, padding left out, once it was loaded. */
export function rangeOf(imageId: string): [number, number] {
  return imageOf(imageId).range ?? [0, 1];
}

/** How many bytes a frame takes in memory. */
export function bytesOf(imageId: string): number {
  const { image, type } = imageOf(imageId);
  const each = image.type === "rgb8" ? 3 : { Uint8Array: 1, Uint16Array: 2, Int16Array: 2, Float32Array: 4 }[type];
  return image.rows * image.columns * each;
}

/** Where a frame lies, in mm; in pixels where the file gives no spacing. Pixel (0, 0) is the centre of the first. */
export function planeOf(imageId: string): {
  position: [number, number, number];
  orientation: [number, number, number, number, number, number];
  rowSpacing: number;
  columnSpacing: number;
  isPlaced: boolean; // whether the file says where in the patient it lies
} {
  const { image, frame } = imageOf(imageId);
  const { position, orientation } = image.per_frame[frame] ?? { position: null, orientation: null };
  const isPlaced = position !== null && orientation !== null;
  const [rowSpacing, columnSpacing] = image.spacing_mm ?? [image.pixel_aspect, 1];
  return {
    position: isPlaced ? position : [0, 0, 0],
    orientation: isPlaced ? orientation : LATERAL,
    rowSpacing,
    columnSpacing,
    isPlaced,
  };
}

/** Where a place in Cornerstone3D's world lies on a frame: column and row, pixel centres at whole numbers. */
export function toImagePoint(imageId: string, world: ArrayLike<number>): [number, number] {
  const { position, orientation, rowSpacing, columnSpacing } = planeOf(imageId);
  const along = (first: number) =>
    [0, 1, 2].reduce((sum, axis) => sum + (world[axis]! - position[axis]!) * orientation[first + axis]!, 0);
  return [along(0) / columnSpacing, along(3) / rowSpacing];
}

/** Where a point of a frame lies in Cornerstone3D's world. */
export function toWorld(imageId: string, [column, row]: readonly [number, number]): [number, number, number] {
  const { position, orientation, rowSpacing, columnSpacing } = planeOf(imageId);
  return [0, 1, 2].map(
    (axis) => position[axis]! + orientation[axis]! * columnSpacing * column + orientation[axis + 3]! * rowSpacing * row,
  ) as [number, number, number];
}

/** Load an image into Cornerstone3D's cache, where it is found from then on. */
export function loadIntoCache(imageId: string): Promise<Types.IImage> {
  const known = cache.getImageLoadObject(imageId);
  if (known) return known.promise;
  const loading = loadImage(imageId);
  cache.putImageLoadObject(imageId, loading).catch(() => undefined); // whoever waits for the image is told
  return loading.promise;
}

function loadImage(imageId: string): { promise: Promise<Types.IImage>; cancelFn: () => void } {
  const controller = new AbortController();
  return { promise: load(imageId, controller.signal), cancelFn: () => controller.abort() };
}

async function load(imageId: string, signal: AbortSignal): Promise<Types.IImage> {
  const known = imageOf(imageId);
  if (known.failure) throw known.failure;
  try {
    return read(imageId, await fetchFrame(known.image.sop_instance_uid, known.frame, signal));
  } catch (error) {
    if (error instanceof ServerError && error.isFinal) known.failure = error;
    throw error;
  }
}

function read(imageId: string, bytes: ArrayBuffer): Types.IImage {
  const known = imageOf(imageId);
  const { image, frame, type } = known;
  const isColor = image.type === "rgb8";
  if (bytes.byteLength !== image.rows * image.columns * BYTES[image.type]) throw new ServerError(OTHER_SIZE);
  const stored = readStored(image, bytes);
  const values = isColor ? stored : toModalityValues(image, frame, stored, type);
  known.range ??= isColor ? [0, 255] : valueRange(image, stored, values);
  return asCornerstoneImage(imageId, values, known.range[0], known.range[1]);
}

function asCornerstoneImage(imageId: string, values: Values, lowest: number, highest: number): Types.IImage {
  const { image, frame } = imageOf(imageId);
  const { rowSpacing, columnSpacing } = planeOf(imageId);
  const isColor = image.type === "rgb8";
  const { lower, upper } = toRange(fileWindows(image, frame)[0] ?? fullRange([lowest, highest]));
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({
    width: image.columns,
    height: image.rows,
    scalarData: values,
    numberOfComponents: isColor ? 3 : 1,
    id: imageId,
  });
  return {
    imageId,
    rows: image.rows,
    columns: image.columns,
    height: image.rows,
    width: image.columns,
    color: isColor,
    rgba: false,
    numberOfComponents: isColor ? 3 : 1,
    slope: 1,
    intercept: 0,
    windowCenter: isColor ? 128 : (lower + upper + 1) / 2,
    windowWidth: isColor ? 256 : upper - lower + 1, // as a LINEAR window counts
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    minPixelValue: lowest,
    maxPixelValue: highest,
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
    invert: false,
    photometricInterpretation: isColor ? "RGB" : "MONOCHROME2", // MONOCHROME1 is turned by the cell
    sizeInBytes: values.byteLength,
    dataType: values.constructor.name as Types.PixelDataTypedArrayString,
    getPixelData: () => values,
    getCanvas: () => {
      throw new Error("The viewer draws with WebGL.");
    },
    voxelManager: voxelManager as Types.IVoxelManager<number>,
    FrameOfReferenceUID: frameOfReference(image),
  };
}

function frameOfReference(image: Image): string {
  return image.frame_of_reference_uid || image.sop_instance_uid; // films without one share no space with another
}

function describe(type: string, imageId: string): unknown {
  if (!imageId?.startsWith?.(`${SCHEME}:`) || !KNOWN.has(imageId)) return undefined;
  const { image, type: valueType } = imageOf(imageId);
  if (type === Enums.MetadataModules.IMAGE_PLANE) return planeModule(imageId);
  if (type === Enums.MetadataModules.IMAGE_PIXEL) return pixelModule(image, valueType);
  if (type === Enums.MetadataModules.GENERAL_SERIES) return { modality: image.modality };
  if (type === Enums.MetadataModules.VOI_LUT) return { windowCenter: [], windowWidth: [] };
  return undefined;
}

function planeModule(imageId: string): Types.ImagePlaneModule {
  const { image } = imageOf(imageId);
  const { position, orientation, rowSpacing, columnSpacing } = planeOf(imageId);
  return {
    frameOfReferenceUID: frameOfReference(image),
    rows: image.rows,
    columns: image.columns,
    imagePositionPatient: position,
    imageOrientationPatient: orientation,
    rowCosines: orientation.slice(0, 3) as Types.Point3,
    columnCosines: orientation.slice(3) as Types.Point3,
    pixelSpacing: [rowSpacing, columnSpacing],
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
  };
}

/** The pixels as they are in memory here: modality values, or red, green and blue. */
function pixelModule(image: Image, type: ValueType): object {
  const isColor = image.type === "rgb8";
  const bits = isColor ? 8 : { Uint8Array: 8, Uint16Array: 16, Int16Array: 16, Float32Array: 32 }[type];
  return {
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    samplesPerPixel: isColor ? 3 : 1,
    photometricInterpretation: isColor ? "RGB" : "MONOCHROME2",
    pixelRepresentation: !isColor && type === "Int16Array" ? 1 : 0,
  };
}
