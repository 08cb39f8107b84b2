/**
 * From photographs to training squares: one window for all pictures of a pair, shrunk to the wanted size and flipped.
 * Shrinking makes a large, softly focused photograph as sharp as a small one. Values stay 8-bit sRGB; nothing is
 * enlarged. Of several windows the one with the most texture can be taken, since a square of sky teaches little.
 */
import { expected } from '../math/errors.ts';
import type { Random } from '../math/random.ts';
import type { Image } from './image.ts';
import { mirrored } from './mirror.ts';
import { turned } from './symmetry.ts';

/** `all` are the eight symmetries of the square: left-right, top-bottom and their transpositions. */
export const flipModes = ['none', 'horizontal', 'all'] as const;
export type Flips = (typeof flipModes)[number];

/** How training squares are cut. */
export interface AugmentOptions {
  /** Side of the square, in pixels. */
  readonly size: number;
  /** Range of the factor by which a photograph is shrunk before it is cut: 0.5 halves its sides, 1 leaves it. */
  readonly scale: readonly [number, number];
  readonly flips: Flips;
  /**
   * Windows that are drawn, 1 by default; the one with the most texture is cut. A part of a picture that is flat in the
   * share p of its windows is then chosen with probability pⁿ only.
   */
  readonly candidates?: number;
}

/** A square part of a picture: left, top and side in its pixels. */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** Cuts a window without scaling; a smaller picture is continued by reflection. */
function cut({ width, height, channels, data }: Image, { left, top, side }: Window): Image {
  const result = new Uint8Array(side * side * channels);
  for (let row = 0; row < side; row++) {
    const from = mirrored(top + row, height) * width;
    if (left + side <= width) {
      const start = (from + left) * channels;
      result.set(data.subarray(start, start + side * channels), row * side * channels);
      continue;
    }
    for (let column = 0; column < side; column++) {
      const source = (from + mirrored(left + column, width)) * channels;
      for (let c = 0; c < channels; c++) result[(row * side + column) * channels + c] = data[source + c];
    }
  }
  return { width: side, height: side, channels, data: result };
}

/** Shrinks a window to `size`: each pixel is the mean of the area it covers. */
function shrink(image: Image, { left, top, side }: Window, size: number): Image {
  const { width, channels, data } = image;
  const step = side / size;
  const rowSums = new Float64Array(size * channels);
  const result = new Uint8ClampedArray(size * size * channels);
  for (let y = 0; y < size; y++) {
    rowSums.fill(0);
    const yEnd = (y + 1) * step;
    for (let sourceY = Math.floor(y * step); sourceY < Math.min(yEnd, side); sourceY++) {
      const weightY = Math.min(sourceY + 1, yEnd) - Math.max(sourceY, y * step);
      const line = ((top + sourceY) * width + left) * channels;
      for (let x = 0; x < size; x++) {
        const xStart = x * step;
        const xEnd = Math.min((x + 1) * step, side);
        for (let sourceX = Math.floor(xStart); sourceX < xEnd; sourceX++) {
          const weight = weightY * (Math.min(sourceX + 1, xEnd) - Math.max(sourceX, xStart));
          const source = line + sourceX * channels;
          for (let c = 0; c < channels; c++) rowSums[x * channels + c] += weight * data[source + c];
        }
      }
    }
    for (let i = 0; i < rowSums.length; i++) result[y * size * channels + i] = rowSums[i] / (step * step);
  }
  return { width: size, height: size, channels, data: result };
}

/**
 * How much texture a square has: the mean absolute difference between neighbours, its total variation per pixel (Rudin,
 * Osher and Fatemi 1992). With squares of the differences, one strong edge would count as much as a meadow.
 */
export function texture({ width, height, channels, data }: Image): number {
  const row = width * channels;
  let total = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < row; x++) {
      const at = y * row + x;
      if (x + channels < row) total += Math.abs(data[at + channels] - data[at]);
      if (y + 1 < height) total += Math.abs(data[at + row] - data[at]);
    }
  }
  return total / data.length;
}

/**
 * Cuts the same random square out of every given picture (input, clean, mask), with the same scale and flips.
 *
 * The window of `size / factor` pixels has to fit. In a photograph too small for the drawn factor it becomes the
 * largest square that fits; if even that is below `size`, the picture is continued by reflection.
 *
 * @param images pictures of one size; their channels may differ. The first decides which of several windows is taken
 * @returns squares of `size` pixels, in the order given
 * @throws RddmError if the pictures have different sizes, or `candidates` is not a whole number from 1
 *
 * @example
 * ```ts
 * import { augment, createRandom } from 'rddm';
 * import assert from 'node:assert/strict';
 * const image = { width: 4, height: 3, channels: 1 as const, data: Uint8Array.from({ length: 12 }, (_, i) => i) };
 * const [a, b] = augment([image, image], { size: 2, scale: [1, 1], flips: 'all' }, createRandom(1, ['crop']));
 * assert.equal(a.width, 2);
 * assert.deepEqual(a, b);
 * ```
 */
export function augment(images: readonly Image[], options: AugmentOptions, random: Random): Image[] {
  const { size, scale, flips, candidates = 1 } = options;
  const [first] = images;
  const { width, height } = first;
  if (!Number.isSafeInteger(candidates) || candidates < 1) {
    throw expected('augment', 'candidates to be a whole number from 1', candidates);
  }
  for (const image of images) {
    if (image.width !== width || image.height !== height) {
      throw expected('augment', `pictures of one size, ${width}x${height}`, `${image.width}x${image.height}`);
    }
  }
  const factor = random.between(scale[0], scale[1]);
  const side = Math.max(size, Math.min(Math.round(size / factor), width, height));
  const drawn = (): Window => ({
    left: random.integer(Math.max(1, width - side + 1)),
    top: random.integer(Math.max(1, height - side + 1)),
    side,
  });
  const square = (image: Image, window: Window): Image =>
    side === size ? cut(image, window) : shrink(image, window, size);
  let window = drawn();
  const symmetry = {
    mirrorX: random.integer(2) === 1 && flips !== 'none',
    mirrorY: random.integer(2) === 1 && flips === 'all',
    transpose: random.integer(2) === 1 && flips === 'all',
  };
  // Drawn last, so that the first window and the flips are those of a single candidate.
  let most = candidates === 1 ? 0 : texture(square(first, window));
  for (let more = 1; more < candidates; more++) {
    const other = drawn();
    const amount = texture(square(first, other));
    if (amount > most) [window, most] = [other, amount];
  }
  return images.map((image) => turned(square(image, window), symmetry));
}
