/** Brings MedCore's frames into Cornerstone3D: an image loader and a metadata provider for `medcore:` image ids. */

import { cache, Enums, imageLoader, metaData, type Types, utilities } from "@cornerstonejs/core";
import { fetchFrame, type Image, type SeriesImages } from "./server";
import { readStored, toModalityValues, type Values, valueRange } from "./values";
import { fileWindows, fullRange } from "./windows";

const SCHEME = "medcore";
const LATERAL: [number, number, number, number, number, number] = [1, 0, 0, 0, 1, 0]; // for films, which have no place in the patient
const LOADED = new Map<string, { image: Image; frame: number }>();

/** Register loader and provider; once a page. */
export function registerImages(): void {
  imageLoader.registerImageLoader(SCHEME, loadImage);
  metaData.addProvider((type: string, imageId: string) => describe(type, imageId), 10_000);
}

/** Make known what the frames of a series are, and return their image ids in reading order. */
export function imageIdsOf(series: SeriesImages): string[] {
  return series.order.map(([index, frame]) => {
    const image = series.images[index]!;
    const imageId = `${SCHEME}:${image.sop_instance_uid}/${frame}`;
    LOADED.set(imageId, { image, frame });
    return imageId;
  });
}

/** The image and frame behind an image id that `imageIdsOf` gave. */
export function imageOf(imageId: string): { image: Image; frame: number } {
  const known = LOADED.get(imageId);
  if (!known) throw new Error("This image belongs to no series that is open.");
  return known;
}

/** The lowest and highest modality value of a frame that is loaded. */
export function rangeOf(imageId: string): [number, number] {
  const image = cache.getImage(imageId);
  return image ? [image.minPixelValue, image.maxPixelValue] : [0, 1];
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

function loadImage(imageId: string): { promise: Promise<Types.IImage>; cancelFn: undefined } {
  return { promise: load(imageId), cancelFn: undefined };
}

async function load(imageId: string): Promise<Types.IImage> {
  const { image, frame } = imageOf(imageId);
  const bytes = await fetchFrame(image.sop_instance_uid, frame);
  const stored = readStored(image, bytes);
  const isColor = image.type === "rgb8";
  const values = isColor ? stored : toModalityValues(image, frame, stored);
  const [lowest, highest] = isColor ? [0, 255] : valueRange(image, stored, values);
  return asCornerstoneImage(imageId, values, lowest!, highest!);
}

function asCornerstoneImage(imageId: string, values: Values, lowest: number, highest: number): Types.IImage {
  const { image, frame } = imageOf(imageId);
  const { rowSpacing, columnSpacing } = planeOf(imageId);
  const isColor = image.type === "rgb8";
  const window = fileWindows(image, frame)[0] ?? fullRange([lowest, highest]);
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
    windowCenter: isColor ? 127.5 : window.center,
    windowWidth: isColor ? 256 : window.width,
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
  if (!imageId?.startsWith?.(`${SCHEME}:`) || !LOADED.has(imageId)) return undefined;
  const { image } = imageOf(imageId);
  if (type === Enums.MetadataModules.IMAGE_PLANE) return planeModule(imageId);
  if (type === Enums.MetadataModules.IMAGE_PIXEL) return pixelModule(image);
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

function pixelModule(image: Image): object {
  const isColor = image.type === "rgb8";
  const bits = { uint8: 8, int8: 16, uint16: 16, int16: 16, float32: 32, rgb8: 8 }[image.type];
  return {
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    samplesPerPixel: isColor ? 3 : 1,
    photometricInterpretation: isColor ? "RGB" : "MONOCHROME2",
    pixelRepresentation: image.type.startsWith("int") ? 1 : 0,
  };
}
