/**
 * The error of the shadow-removal tables: "MAE", the sum of the absolute differences in L, a and b (CIE Lab of sRGB,
 * D65, 2° observer), averaged over pixels, for the whole picture and inside and outside a mask. (Older tables call the
 * same number RMSE.)
 */
import type { Image } from '../data/image.ts';
import { linearOfSrgb } from '../math/srgb.ts';
import { maskMembership } from './mask.ts';
import { requireSameSize } from './plane.ts';

/** XYZ of D65 for the 2° observer. */
const WHITE = [0.95047, 1, 1.08883] as const;

/** CIE 15: a cube root, with a straight line where it would be too steep. */
function compress(ratio: number): number {
  return ratio > 0.008856 ? Math.cbrt(ratio) : 7.787 * ratio + 16 / 116;
}

/**
 * CIE Lab of an 8-bit sRGB colour: L in 0 … 100, a and b within about ±128.
 *
 * @example
 * ```ts
 * import { labOfRgb } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(labOfRgb(255, 0, 0).map(Math.round), [53, 80, 67]);
 * ```
 */
export function labOfRgb(red: number, green: number, blue: number): [l: number, a: number, b: number] {
  const r = linearOfSrgb[red];
  const g = linearOfSrgb[green];
  const b = linearOfSrgb[blue];
  const x = compress((0.412453 * r + 0.35758 * g + 0.180423 * b) / WHITE[0]);
  const y = compress((0.212671 * r + 0.71516 * g + 0.072169 * b) / WHITE[1]);
  const z = compress((0.019334 * r + 0.119193 * g + 0.950227 * b) / WHITE[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The Lab error over the whole picture and, with a mask, on its two sides (NaN for a side without pixels). */
export interface LabError {
  readonly all: number;
  readonly inside: number;
  readonly outside: number;
}

/**
 * The Lab error of a picture: mean over pixels of |ΔL| + |Δa| + |Δb|.
 *
 * @param image the picture to judge, 8-bit sRGB or grey
 * @param reference the ground truth, of the same size
 * @param mask inside is where its red channel is above 127; without one, everything is outside
 * @throws RddmError if the sizes differ
 */
export function labMae(image: Image, reference: Image, mask?: Image): LabError {
  requireSameSize('labMae', image, reference);
  if (mask) requireSameSize('labMae', image, mask, 'image and mask');
  const pixels = image.width * image.height;
  const membership = mask ? maskMembership(mask) : new Uint8Array(pixels);
  const sums = [0, 0];
  const counts = [0, 0];
  const labAt = ({ data, channels }: Image, pixel: number) =>
    channels === 1
      ? labOfRgb(data[pixel], data[pixel], data[pixel])
      : labOfRgb(data[pixel * 3], data[pixel * 3 + 1], data[pixel * 3 + 2]);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [l, a, b] = labAt(image, pixel);
    const [l0, a0, b0] = labAt(reference, pixel);
    sums[membership[pixel]] += Math.abs(l - l0) + Math.abs(a - a0) + Math.abs(b - b0);
    counts[membership[pixel]]++;
  }
  return {
    all: (sums[0] + sums[1]) / pixels,
    inside: sums[1] / counts[1],
    outside: sums[0] / counts[0],
  };
}
