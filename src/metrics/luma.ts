/**
 * Luma as defined for video (ITU-R BT.601, 16 … 235), on which the paper's low-light and deraining tables are measured.
 * `rounded` does what a conversion to 8 bits does; `real` keeps the fraction.
 */
import type { Image } from '../data/image.ts';
import type { Plane } from './plane.ts';

/** Keeps the real value, or rounds to the nearest integer (ties to even) like an 8-bit conversion. */
export type LumaRounding = 'real' | 'rounded';

/**
 * Luma of a picture, Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255.
 *
 * @param image 8-bit sRGB or grey (counts as R = G = B)
 * @returns values in 16 … 235
 *
 * @example
 * ```ts
 * import { luma } from 'rddm';
 * import assert from 'node:assert/strict';
 * const white = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(255, 255, 255) };
 * assert.equal(Math.round(luma(white).data[0]), 235);
 * ```
 */
export function luma(image: Image, rounding: LumaRounding = 'real'): Plane {
  const { width, height, channels, data } = image;
  const green = channels === 1 ? 0 : 1;
  const blue = channels === 1 ? 0 : 2;
  // A clamped array rounds by itself, ties to even, like an 8-bit conversion.
  const values = new (rounding === 'rounded' ? Uint8ClampedArray : Float64Array)(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const at = pixel * channels;
    values[pixel] = 16 + (65.481 * data[at] + 128.553 * data[at + green] + 24.966 * data[at + blue]) / 255;
  }
  return { width, height, data: Float64Array.from(values) };
}
