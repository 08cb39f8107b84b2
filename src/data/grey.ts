/** Grey pictures: what a colour picture looks like without colour, and whether it has any. */
import type { Image } from './image.ts';

/**
 * A picture in grey: 0.299 R + 0.587 G + 0.114 B of the 8-bit values, what "convert to L" means everywhere. A grey one is
 * returned as it is.
 *
 * @example
 * ```ts
 * import { greyImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * const red = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(255, 0, 0) };
 * assert.deepEqual([...greyImage(red).data], [76]);
 * ```
 */
export function greyImage(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  const values = new Uint8Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const at = pixel * 3;
    values[pixel] = Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
  }
  return { width, height, channels: 1, data: values };
}

/** A picture whose three channels are equal everywhere as the grey one that it is; any other as it is. */
export function withoutEqualChannels(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return image;
  return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
}
