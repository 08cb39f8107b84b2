/**
 * How much memory the CPU needs to restore a picture, so that a sentence replaces a process killed by the system.
 */
import { expected } from '../math/errors.ts';
import type { ModelConfig } from '../model/config.ts';
import { PICTURE_VALUES } from '../networks/network-kind.ts';
import { networkOf } from '../networks/registry.ts';

/** Bytes of the process, whatever the picture. */
const PROCESS = 350e6;

/** What the memory for a picture depends on. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** The bytes needed whatever the picture, those for each of its pixels, and whether it needs tiles of that side. */
function memoryOf({ unet }: ModelConfig, { width, height, channels }: PictureSize, tile = Number.POSITIVE_INFINITY) {
  const { valuesPerPixel } = networkOf(unet);
  const bytes = Float32Array.BYTES_PER_ELEMENT;
  // A grey network gets the channels of a colour picture as three pictures; tiles are of one.
  const images = unet.channels === 1 ? channels : 1;
  return width > tile || height > tile
    ? { fixed: PROCESS + bytes * valuesPerPixel * tile ** 2, pixel: bytes * PICTURE_VALUES * images, inTiles: true }
    : { fixed: PROCESS, pixel: bytes * valuesPerPixel * images, inTiles: false };
}

/**
 * The approximate bytes needed to restore a picture: linear in its pixels.
 *
 * @param tile the side of tiles, if larger pictures are restored in tiles
 */
export function restoreMemory(config: ModelConfig, size: PictureSize, tile?: number): number {
  const { fixed, pixel } = memoryOf(config, size, tile);
  return fixed + pixel * size.width * size.height;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;

/**
 * Refuses a picture that cannot be restored in the available memory.
 *
 * @param available the machine's memory in bytes
 * @param tile the side of tiles, if larger pictures are restored in tiles
 * @throws RddmError with the size to scale the picture down to, or that none fits
 */
export function checkMemory(config: ModelConfig, size: PictureSize, available: number, tile?: number): void {
  const needed = restoreMemory(config, size, tile);
  if (needed <= available) return;
  const { width, height } = size;
  const { fixed, inTiles } = memoryOf(config, size, tile);
  const factor = Math.sqrt((available - fixed) / (needed - fixed));
  const fitting = [width, height].map((side) => Math.max(1, Math.floor(side * factor))).join('x');
  const remedy = available > fixed ? `scale it down to ${fitting}` : 'no picture fits in that memory';
  const what = `a picture that can be restored in the ${gigabytes(available)} of memory that this machine has`;
  const how = inTiles ? ` in tiles of ${tile}` : '';
  throw expected('restore', what, `${width}x${height}, which needs about ${gigabytes(needed)}${how}`, remedy);
}
