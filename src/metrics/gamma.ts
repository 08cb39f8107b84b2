/**
 * A gamma curve that brings a picture to a wanted brightness: the simplest treatment of a dark picture, and the
 * baseline that a low-light network has to beat.
 */

import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import { luma } from './luma.ts';

/** Halvings of the range of log γ: more precise than 8 bits can show. */
const HALVINGS = 24;
const [LEAST, MOST] = [1 / 64, 64];

/** The picture with each value v replaced by 255 (v / 255)^γ, rounded. */
function withGamma(image: Image, gamma: number): Image {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => 255 * (value / 255) ** gamma);
  return { ...image, data: Uint8Array.from(image.data, (value) => table[value]) };
}

/** Mean luma of a picture (BT.601, 16 … 235). */
export function meanLuma(image: Image): number {
  const { data } = luma(image);
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

/**
 * Applies one gamma curve to all channels, so that the mean luma becomes the wanted one, or as near as a γ from 1/64 to
 * 64 comes (a black picture stays black).
 *
 * @param image 8-bit sRGB or grey
 * @param wanted mean luma (BT.601), above 16 and below 235, for example that of the training targets
 * @throws RddmError if `wanted` is outside that range
 *
 * @example
 * ```ts
 * import { gammaTowards, luma } from 'rddm';
 * import assert from 'node:assert/strict';
 * const dark = { width: 1, height: 2, channels: 1 as const, data: Uint8Array.of(4, 30) };
 * const [first, second] = luma(gammaTowards(dark, 110)).data;
 * assert.ok(Math.abs((first + second) / 2 - 110) < 1);
 * ```
 */
export function gammaTowards(image: Image, wanted: number): Image {
  if (!(wanted > 16 && wanted < 235)) throw expected('gammaTowards', 'a mean luma above 16 and below 235', wanted);
  let [brighter, darker] = [Math.log(LEAST), Math.log(MOST)];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (brighter + darker) / 2;
    if (meanLuma(withGamma(image, Math.exp(middle))) > wanted) brighter = middle;
    else darker = middle;
  }
  return withGamma(image, Math.exp((brighter + darker) / 2));
}
