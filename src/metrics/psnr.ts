/**
 * Peak signal-to-noise ratio, 10 log10(255² / MSE), in dB: over the three channels together, or over luma. Identical
 * pictures score Infinity; nothing is clipped to a "largest" value.
 */
import type { Image } from '../data/image.ts';
import { type LumaRounding, luma } from './luma.ts';
import { type Plane, requireSameSize } from './plane.ts';

const PEAK = 255;

function decibels(squaredError: number, count: number): number {
  return squaredError === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((PEAK * PEAK * count) / squaredError);
}

/**
 * PSNR of two planes on the 8-bit scale, in dB.
 *
 * @throws RddmError if the sizes differ
 */
export function psnrOfPlanes(plane: Plane, reference: Plane): number {
  requireSameSize('psnr', plane, reference);
  let squaredError = 0;
  for (let i = 0; i < plane.data.length; i++) squaredError += (plane.data[i] - reference.data[i]) ** 2;
  return decibels(squaredError, plane.data.length);
}

/**
 * PSNR of two pictures over all channels together, in dB.
 *
 * @param image the picture to judge, 8-bit sRGB or grey (a grey one counts as R = G = B)
 * @param reference the ground truth, of the same size
 * @throws RddmError if the sizes differ
 *
 * @example
 * ```ts
 * import { psnrRgb } from 'rddm';
 * import assert from 'node:assert/strict';
 * const black = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(0, 0, 0) };
 * const white = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(255, 255, 255) };
 * assert.equal(psnrRgb(black, white), 0);
 * assert.equal(psnrRgb(black, black), Infinity);
 * ```
 */
export function psnrRgb(image: Image, reference: Image): number {
  requireSameSize('psnr', image, reference);
  const pixels = image.width * image.height;
  const channels = Math.max(image.channels, reference.channels);
  let squaredError = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = image.data[image.channels === 1 ? pixel : pixel * 3 + channel];
      const target = reference.data[reference.channels === 1 ? pixel : pixel * 3 + channel];
      squaredError += (value - target) ** 2;
    }
  }
  return decibels(squaredError, pixels * channels);
}

/**
 * PSNR of two pictures on luma, in dB.
 *
 * @param rounding `rounded` for tables made with 8-bit luma images
 * @throws RddmError if the sizes differ
 */
export function psnrLuma(image: Image, reference: Image, rounding: LumaRounding = 'real'): number {
  return psnrOfPlanes(luma(image, rounding), luma(reference, rounding));
}
