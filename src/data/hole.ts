/**
 * The two operations of inpainting on 8-bit pictures: fill unknown pixels with grey, which is what the network starts
 * from, and put the known pixels back over its answer.
 */
import { expected } from '../math/errors.ts';
import type { Image } from './image.ts';

/** 0 in [-1, 1] as 8 bits, with which the reference implementation fills holes. */
const GREY = 128;

/** Whether a mask's value marks a pixel as unknown. */
const isHole = (value: number): boolean => value > 127;

/** Chooses by the mask's first channel, for each pixel. */
function select(where: string, mask: Image, inside: (at: number) => number, outside: Image): Image {
  const { width, height, channels, data } = outside;
  if (mask.width !== width || mask.height !== height) {
    throw expected(where, `a mask of ${width}x${height}, the size of the picture`, `${mask.width}x${mask.height}`);
  }
  const selected = Uint8Array.from(data, (value, at) =>
    isHole(mask.data[Math.floor(at / channels) * mask.channels]) ? inside(at) : value,
  );
  return { width, height, channels, data: selected };
}

/**
 * Fills the hole with grey (128).
 *
 * @param mask white (above 127) in the hole, of the picture's size
 * @throws RddmError if the sizes differ
 *
 * @example
 * ```ts
 * import { withHole } from 'rddm';
 * import assert from 'node:assert/strict';
 * const photo = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(7, 9) };
 * const mask = { ...photo, data: Uint8Array.of(0, 255) };
 * assert.deepEqual([...withHole(photo, mask).data], [7, 128]);
 * ```
 */
export const withHole = (image: Image, mask: Image): Image => select('withHole', mask, () => GREY, image);

/**
 * mask · filled + (1 − mask) · known: the filled picture inside the hole, the known one outside.
 *
 * @param filled an answer for the whole picture, of the size and channels of `known`
 * @param mask white (above 127) in the hole, of the same size
 * @throws RddmError if sizes or channels differ
 *
 * @example
 * ```ts
 * import { keepKnown } from 'rddm';
 * import assert from 'node:assert/strict';
 * const known = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(7, 9) };
 * const filled = { ...known, data: Uint8Array.of(50, 60) };
 * const mask = { ...known, data: Uint8Array.of(0, 255) };
 * assert.deepEqual([...keepKnown(filled, known, mask).data], [7, 60]);
 * ```
 */
export function keepKnown(filled: Image, known: Image, mask: Image): Image {
  if (filled.data.length !== known.data.length || filled.width !== known.width) {
    const [wanted, got] = [known, filled].map(({ width, height, channels }) => `${channels}x${height}x${width}`);
    throw expected('keepKnown', `two pictures of ${wanted}`, got);
  }
  return select('keepKnown', mask, (at) => filled.data[at], known);
}
