/**
 * How much memory the CPU needs to restore a picture, so that a sentence replaces a process killed by the system.
 */
import { expected } from '../math/errors.ts';
import type { ModelConfig } from '../model/config.ts';
import { networkOf } from '../networks/registry.ts';

/** Bytes of the process, whatever the picture. */
const PROCESS = 350e6;

/** What the memory for a picture depends on. */
interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** The approximate bytes needed to restore a picture: linear in its pixels. */
export function restoreMemory({ unet }: ModelConfig, { width, height, channels }: Size): number {
  // A grey network gets the channels of a colour picture as three pictures.
  const images = unet.channels === 1 ? channels : 1;
  const { valuesPerPixel } = networkOf(unet);
  return PROCESS + Float32Array.BYTES_PER_ELEMENT * valuesPerPixel * images * width * height;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;

/**
 * Refuses a picture that cannot be restored in the available memory.
 *
 * @param available the machine's memory in bytes
 * @throws RddmError with the size to scale the picture down to, or that none fits
 */
export function checkMemory(config: ModelConfig, size: Size, available: number): void {
  const needed = restoreMemory(config, size);
  if (needed <= available) return;
  const { width, height } = size;
  const factor = Math.sqrt((available - PROCESS) / (needed - PROCESS));
  const fitting = [width, height].map((side) => Math.max(1, Math.floor(side * factor))).join('x');
  const remedy = available > PROCESS ? `scale it down to ${fitting}` : 'no picture fits in that memory';
  const what = `a picture that can be restored in the ${gigabytes(available)} of memory that this machine has`;
  throw expected('restore', what, `${width}x${height}, which needs about ${gigabytes(needed)}`, remedy);
}
