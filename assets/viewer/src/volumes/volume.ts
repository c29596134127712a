/** A volume from the images of a series: they are loaded once, wherever they are shown. */

import { cache, ImageVolume, type Types } from "@cornerstonejs/core";
import { planeFor } from "../cells/cell_planes";
import { bytesOf, imageOf } from "../images/images";
import type { Vector } from "../cells/planes";
import { nearestFirst, Prefetch } from "../images/prefetch";
import { type Grid, gridOf, voxelAt } from "./volume_geometry";

const AT_ONCE = 4; // images on their way
const SHARE = 0.6; // of the memory for images that a volume may take

/** Why there is no volume; the message can be shown to the reader. */
export class NoVolume extends Error {}

export class Volume {
  readonly id: string;
  readonly grid: Grid;
  private readonly volume: ImageVolume;

  /** The images must be loaded, see `loadImages`. */
  constructor(private readonly imageIds: readonly string[]) {
    const { image, type } = imageOf(imageIds[0]!);
    const { axes, dimensions, origin, spacing } = (this.grid = gridOf(imageIds.map(planeFor)));
    this.id = `volume:${imageIds[0]}`;
    this.volume = new ImageVolume({
      volumeId: this.id,
      imageIds: [...imageIds],
      referencedImageIds: [...imageIds],
      dataType: type,
      dimensions,
      spacing,
      origin,
      direction: axes.flat() as unknown as Types.Mat3,
      metadata: { FrameOfReferenceUID: image.frame_of_reference_uid, Modality: image.modality } as Types.Metadata,
      numberOfComponents: 1,
    } as unknown as Types.ImageVolumeProps);
    cache.putVolumeSync(this.id, this.volume);
  }

  /** Give the graphics card's memory back; the images stay where they are. */
  release(): void {
    cache.removeVolumeLoadObject(this.id);
    this.volume.vtkOpenGLTexture.releaseGraphicsResources();
    this.volume.vtkOpenGLTexture.delete();
  }

  /** The modality value of the voxel that holds a point; null outside. */
  valueAt(point: Vector): number | null {
    const voxel = voxelAt(this.grid, point);
    if (!voxel) return null;
    const [column, row, slice] = voxel;
    const value = cache.getImage(this.imageIds[slice]!)?.voxelManager?.getAtIndex(row * this.grid.dimensions[0] + column);
    return typeof value === "number" ? value : null;
  }
}

/** Load what is still missing of a stack, the nearest to `place` first; `report` hears how many of them are there. */
export async function loadImages(
  imageIds: readonly string[],
  place: number,
  signal: AbortSignal,
  report: (done: number) => void,
): Promise<void> {
  checkSize(imageIds);
  const waiting = nearestFirst(imageIds.length, place).map((index) => imageIds[index]!);
  let done = 0;
  const work = async () => {
    const loader = new Prefetch();
    for (let imageId = waiting.shift(); imageId && !signal.aborted; imageId = waiting.shift()) {
      await loader.now(imageId);
      report(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (!signal.aborted && !imageIds.every((imageId) => cache.isLoaded(imageId))) throw new NoVolume(tooLarge(imageIds));
}

function checkSize(imageIds: readonly string[]): void {
  if (sizeOf(imageIds) > SHARE * cache.getMaxCacheSize()) throw new NoVolume(tooLarge(imageIds));
}

function sizeOf(imageIds: readonly string[]): number {
  return imageIds.reduce((sum, imageId) => sum + bytesOf(imageId), 0);
}

function tooLarge(imageIds: readonly string[]): string {
  const most = Math.floor((SHARE * cache.getMaxCacheSize()) / 1e6);
  return `This series takes ${Math.ceil(sizeOf(imageIds) / 1e6)} MB, and this browser has room for ${most}. It stays a stack.`;
}
