/**
 * Structural similarity (Wang et al. 2004), as published: 11×11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03,
 * population covariance, mean over the positions where the whole window fits, range 255.
 *
 * The Gaussian is separable, and only four local means are needed (x, y, x² + y², xy): the formula needs the sum of the
 * variances, never one of them. Rows stream through a ring of eleven filtered rows, so memory is eleven rows, whatever
 * the picture's height.
 */
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import { type LumaRounding, luma } from './luma.ts';
import { channelPlane, type Plane, requireSameSize, sharedChannels } from './plane.ts';

const WINDOW = 11;
const RADIUS = (WINDOW - 1) / 2;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** The Gaussian's taps from the centre outwards; over the whole window they sum to 1. */
const taps: readonly number[] = (() => {
  const half = Array.from({ length: RADIUS + 1 }, (_, distance) => Math.exp(-(distance ** 2) / (2 * SIGMA ** 2)));
  const sum = half.reduce((total, tap, distance) => total + (distance === 0 ? tap : 2 * tap), 0);
  return half.map((tap) => tap / sum);
})();

/** Filters a row along its length; `target` is shorter by the window's width minus 1. */
function filterRow(source: Float64Array, target: Float64Array): void {
  const [t0, t1, t2, t3, t4, t5] = taps;
  for (let x = 0; x < target.length; x++) {
    const c = x + RADIUS;
    target[x] =
      t0 * source[c] +
      t1 * (source[c - 1] + source[c + 1]) +
      t2 * (source[c - 2] + source[c + 2]) +
      t3 * (source[c - 3] + source[c + 3]) +
      t4 * (source[c - 4] + source[c + 4]) +
      t5 * (source[c - 5] + source[c + 5]);
  }
}

/** Filters across the eleven rows of the ring; the oldest is at `first`. */
function filterRows(ring: readonly Float64Array[], first: number, target: Float64Array): void {
  const [t0, t1, t2, t3, t4, t5] = taps;
  const row = (index: number) => ring[(first + index) % WINDOW];
  const [r0, r1, r2, r3, r4, r5] = [row(0), row(1), row(2), row(3), row(4), row(5)];
  const [r6, r7, r8, r9, r10] = [row(6), row(7), row(8), row(9), row(10)];
  for (let x = 0; x < target.length; x++) {
    target[x] =
      t0 * r5[x] +
      t1 * (r4[x] + r6[x]) +
      t2 * (r3[x] + r7[x]) +
      t3 * (r2[x] + r8[x]) +
      t4 * (r1[x] + r9[x]) +
      t5 * (r0[x] + r10[x]);
  }
}

/** One of the four local means: its unfiltered row, the ring of filtered rows, and the finished row. */
function localMean(width: number) {
  const valid = width - WINDOW + 1;
  return {
    row: new Float64Array(width),
    ring: Array.from({ length: WINDOW }, () => new Float64Array(valid)),
    mean: new Float64Array(valid),
  };
}

/**
 * SSIM of two planes on the 8-bit scale.
 *
 * @returns at most 1, the score of identical planes
 * @throws RddmError if the sizes differ, or a side is shorter than the window's 11 pixels
 */
export function ssimOfPlanes(plane: Plane, reference: Plane): number {
  requireSameSize('ssim', plane, reference);
  const { width, height } = plane;
  if (width < WINDOW || height < WINDOW) {
    throw expected('ssim', `images of at least ${WINDOW}x${WINDOW}, the size of its window`, `${width}x${height}`);
  }
  const [x, y, squares, product] = [localMean(width), localMean(width), localMean(width), localMean(width)];
  const means = [x, y, squares, product];
  let total = 0;
  for (let line = 0; line < height; line++) {
    for (let column = 0; column < width; column++) {
      const a = plane.data[line * width + column];
      const b = reference.data[line * width + column];
      x.row[column] = a;
      y.row[column] = b;
      squares.row[column] = a * a + b * b;
      product.row[column] = a * b;
    }
    for (const { row, ring } of means) filterRow(row, ring[line % WINDOW]);
    if (line < WINDOW - 1) continue;
    for (const { ring, mean } of means) filterRows(ring, (line + 1) % WINDOW, mean);
    for (let column = 0; column < x.mean.length; column++) {
      const mx = x.mean[column];
      const my = y.mean[column];
      const variances = squares.mean[column] - mx * mx - my * my;
      const covariance = product.mean[column] - mx * my;
      total += ((2 * mx * my + C1) * (2 * covariance + C2)) / ((mx * mx + my * my + C1) * (variances + C2));
    }
  }
  return total / ((width - WINDOW + 1) * (height - WINDOW + 1));
}

/**
 * SSIM of two pictures: the mean over the channels.
 *
 * @param image the picture to judge, 8-bit sRGB or grey (a grey one counts as R = G = B)
 * @param reference the ground truth, of the same size
 * @throws RddmError if the sizes differ, or a side is shorter than 11 pixels
 *
 * @example
 * ```ts
 * import { ssimRgb } from 'rddm';
 * import assert from 'node:assert/strict';
 * const data = Uint8Array.from({ length: 16 * 16 }, (_, i) => (i * 37) % 256);
 * const image = { width: 16, height: 16, channels: 1 as const, data };
 * assert.ok(Math.abs(ssimRgb(image, image) - 1) < 1e-12);
 * ```
 */
export function ssimRgb(image: Image, reference: Image): number {
  const channels = sharedChannels(image, reference);
  const values = channels.map((channel) =>
    ssimOfPlanes(channelPlane(image, channel), channelPlane(reference, channel)),
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * SSIM of two pictures on luma.
 *
 * @param rounding `rounded` for tables made with 8-bit luma images
 * @throws RddmError if the sizes differ, or a side is shorter than 11 pixels
 */
export function ssimLuma(image: Image, reference: Image, rounding: LumaRounding = 'real'): number {
  return ssimOfPlanes(luma(image, rounding), luma(reference, rounding));
}
