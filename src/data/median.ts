/** The 3×3 median of each channel: the filter that a network for rain or noise must beat. */
import type { Image } from './image.ts';

/** The middle one of nine values. */
function middle(values: Uint8Array): number {
  // Nine values are sorted fastest by insertion.
  for (let i = 1; i < 9; i++) {
    const value = values[i];
    let at = i;
    for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
  return values[4];
}

/**
 * Filters a picture with a 3×3 median; beyond its edges the outermost pixels count again.
 *
 * @example
 * ```ts
 * import { medianFilter3 } from 'rddm';
 * import assert from 'node:assert/strict';
 * // A single bright pixel is no majority anywhere.
 * const data = new Uint8Array(25);
 * data[12] = 255;
 * assert.deepEqual([...medianFilter3({ width: 5, height: 5, channels: 1, data }).data], [...new Uint8Array(25)]);
 * ```
 */
export function medianFilter3(image: Image): Image {
  const { width, height, channels, data } = image;
  const filtered = new Uint8Array(data.length);
  const window = new Uint8Array(9);
  for (let y = 0; y < height; y++) {
    const rows = [Math.max(0, y - 1), y, Math.min(height - 1, y + 1)];
    for (let x = 0; x < width; x++) {
      const columns = [Math.max(0, x - 1), x, Math.min(width - 1, x + 1)];
      for (let channel = 0; channel < channels; channel++) {
        let count = 0;
        for (const row of rows) {
          for (const column of columns) window[count++] = data[(row * width + column) * channels + channel];
        }
        filtered[(y * width + x) * channels + channel] = middle(window);
      }
    }
  }
  return { ...image, data: filtered };
}
