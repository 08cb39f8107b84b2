/**
 * Pictures laid out in rows and columns on white, to look at: input beside output, samples during training. Needs no
 * decoder and no platform.
 */

import { expected } from '../math/errors.ts';
import type { Image } from './image.ts';

/**
 * Lays pictures out in rows; a column is as wide as its widest picture, a row as high as its highest. The result
 * is in colour unless every picture is grey.
 *
 * @param rows rows of pictures, of any sizes and lengths
 * @param gap white pixels between neighbours
 * @throws RddmError if there is no picture, or the gap is not a whole number
 *
 * @example
 * ```ts
 * import { imageGrid } from 'rddm';
 * import assert from 'node:assert/strict';
 * const black = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(0) };
 * assert.deepEqual([...imageGrid([[black, black]], 1).data], [0, 255, 0]);
 * ```
 */
export function imageGrid(rows: readonly (readonly Image[])[], gap = 8): Image {
  const images = rows.flat();
  if (images.length === 0) throw expected('imageGrid', 'at least one image', 'none');
  if (!Number.isInteger(gap) || gap < 0) throw expected('imageGrid', 'a gap of 0, 1, 2 … pixels', gap);
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.width ?? 0)),
  );
  const heights = rows.map((row) => Math.max(0, ...row.map(({ height }) => height)));
  const extent = (sides: readonly number[]) => sides.reduce((sum, side) => sum + side, gap * (sides.length - 1));
  const channels = images.every((image) => image.channels === 1) ? 1 : 3;
  const [width, height] = [extent(widths), extent(heights)];
  const data = new Uint8Array(width * height * channels).fill(255);
  let top = 0;
  rows.forEach((row, line) => {
    let left = 0;
    row.forEach((image, column) => {
      paste(image, { width, height, channels, data }, left, top);
      left += widths[column] + gap;
    });
    top += heights[line] + gap;
  });
  return { width, height, channels, data };
}

/** Pictures in one row, `gap` white pixels apart. */
export function sideBySide(images: readonly Image[], gap = 8): Image {
  return imageGrid([images], gap);
}

/**
 * Pictures in a grid with about as many columns as rows, `gap` white pixels apart.
 *
 * @example
 * ```ts
 * import { squareGrid } from 'rddm';
 * import assert from 'node:assert/strict';
 * const black = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(0) };
 * assert.deepEqual([...squareGrid([black, black, black], 0).data], [0, 0, 0, 255]);
 * ```
 */
export function squareGrid(images: readonly Image[], gap = 8): Image {
  const columns = Math.ceil(Math.sqrt(images.length));
  const rows = Array.from({ length: Math.ceil(images.length / columns) }, (_, row) =>
    images.slice(row * columns, (row + 1) * columns),
  );
  return imageGrid(rows, gap);
}

function paste(image: Image, canvas: Image, left: number, top: number): void {
  const { width, height, channels, data } = image;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = ((top + y) * canvas.width + left + x) * canvas.channels;
      for (let channel = 0; channel < canvas.channels; channel++) {
        canvas.data[to + channel] = data[from + (channels === 1 ? 0 : channel)];
      }
    }
  }
}
