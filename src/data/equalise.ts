/**
 * Histogram equalisation: spreads the values of each channel so that all become about equally frequent, which lifts a
 * dark picture and its noise alike. The reference implementation does this to the input of its low-light task, with
 * OpenCV's `equalizeHist` on each of red, green and blue; this is that function, bit for bit. (Pillow's rounds down and
 * also spreads the darkest value, so its pictures differ by some levels.)
 */
import type { Image } from './image.ts';

/** The new value of each of the 256 values of a channel. */
function equalisingTable(image: Image, channel: number): Uint8ClampedArray {
  const { channels, data } = image;
  const counts = new Uint32Array(256);
  for (let at = channel; at < data.length; at += channels) counts[data[at]]++;
  const total = data.length / channels;
  const darkest = counts.findIndex((count) => count > 0);
  const table = new Uint8ClampedArray(256);
  // A channel of a single value has nothing to spread.
  if (counts[darkest] === total) return table.fill(darkest);
  // In float32 like OpenCV; a clamped array rounds to nearest, ties to even, like OpenCV's cast.
  const scale = Math.fround(255 / (total - counts[darkest]));
  let above = 0;
  for (let value = darkest + 1; value < 256; value++) {
    above += counts[value];
    table[value] = Math.fround(Math.fround(above) * scale);
  }
  return table;
}

/**
 * Equalises the histogram of each channel like OpenCV's `equalizeHist`: the channel's darkest value becomes 0, its
 * brightest 255, and the others are placed by the number of darker pixels.
 *
 * @param image 8-bit sRGB or grey; not changed
 *
 * @example
 * ```ts
 * import { equaliseHistogram } from 'rddm';
 * import assert from 'node:assert/strict';
 * const dark = { width: 4, height: 2, channels: 1 as const, data: Uint8Array.of(3, 3, 5, 5, 5, 9, 9, 200) };
 * assert.deepEqual([...equaliseHistogram(dark).data], [0, 0, 128, 128, 128, 212, 212, 255]);
 * ```
 */
export function equaliseHistogram(image: Image): Image {
  const { channels, data } = image;
  const tables = Array.from({ length: channels }, (_, channel) => equalisingTable(image, channel));
  const spread = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) spread[at] = tables[at % channels][data[at]];
  return { ...image, data: spread };
}
