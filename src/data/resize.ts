/**
 * Resizing by cubic convolution (Keys 1981, a = −0.5), the field's "bicubic": pixel centres stay in place, and the
 * kernel widens when shrinking, so that every pixel counts. Written here rather than left to libvips, which shifts a
 * picture by half a pixel when enlarging: in a comparison that is an error of its own.
 */
import { expected } from '../math/errors.ts';
import type { Image } from './image.ts';

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** For one pixel of a resized line: the first source pixel, and the weights from there on, which sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.round(centre - 2 * stretch));
    const end = Math.min(from, Math.round(centre + 2 * stretch));
    const raw = Array.from({ length: end - first }, (_, i) => cubic((first + i + 0.5 - centre) / stretch));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

/** Resizes `count` lines; value `i` of line `n` is at `n * lineStride + i * stride` in source and target. */
function resizeLines(
  source: ArrayLike<number>,
  target: Float32Array | Uint8ClampedArray,
  taps: readonly Taps[],
  lines: readonly { readonly from: number; readonly to: number }[],
  stride: number,
): void {
  for (const { from, to } of lines) {
    taps.forEach(({ first, weights }, index) => {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * source[from + (first + i) * stride];
      target[to + index * stride] = sum;
    });
  }
}

/**
 * Resizes to exactly this size, whatever the aspect ratio.
 *
 * @throws RddmError if a side is not a whole number of at least 1
 *
 * @example
 * ```ts
 * import { resizeImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * const flat = { width: 4, height: 2, channels: 1 as const, data: new Uint8Array(8).fill(90) };
 * assert.deepEqual([...resizeImage(flat, 1, 3).data], [90, 90, 90]);
 * ```
 */
export function resizeImage(image: Image, width: number, height: number): Image {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw expected('resizeImage', 'whole sides of at least 1', `${width}x${height}`);
  }
  const { channels } = image;
  if (width === image.width && height === image.height) return image;
  const wide = new Float32Array(width * image.height * channels);
  const rows = Array.from({ length: image.height * channels }, (_, line) => {
    const row = Math.floor(line / channels);
    const channel = line % channels;
    return { from: row * image.width * channels + channel, to: row * width * channels + channel };
  });
  resizeLines(image.data, wide, tapsOf(image.width, width), rows, channels);
  // A clamped array rounds and clamps by itself; cubic weights overshoot at edges.
  const data = new Uint8ClampedArray(width * height * channels);
  const columns = Array.from({ length: width * channels }, (_, column) => ({ from: column, to: column }));
  resizeLines(wide, data, tapsOf(image.height, height), columns, width * channels);
  return { width, height, channels, data };
}
