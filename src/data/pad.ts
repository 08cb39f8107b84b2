/**
 * Pads a batch by reflection to the sides that the U-Net needs, and crops it again. Reflected pixels continue the
 * picture without an edge, so convolutions and norms see nothing that a photograph would not hold. The padding is split
 * between opposite sides, so that both are treated alike.
 */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { mirrored } from './mirror.ts';

/** Where a picture lies within its padded version. */
export interface Placed {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Pads images by reflection until both sides are multiples; the border pixel itself is not repeated.
 *
 * @param images [N, C, H, W], of any size: a picture smaller than its padding is reflected more than once
 * @param multiple what height and width must be divisible by, from 1
 * @param margin the least number of reflected pixels on every side
 * @returns the padded images (the same tensor if nothing is to do), and where the pictures lie in them
 * @throws RddmError if the tensor is not a batch of images, or multiple or margin is not a whole number
 *
 * @example
 * ```ts
 * import { padReflect, removePadding, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { padded, placed } = padReflect(tensor([1, 1, 1, 3], [1, 2, 3]), 5);
 * assert.deepEqual([...padded.data.subarray(0, 5)], [2, 1, 2, 3, 2]);
 * assert.deepEqual([...removePadding(padded, placed).data], [1, 2, 3]);
 * ```
 */
export function padReflect(images: Tensor, multiple: number, margin = 0): { padded: Tensor; placed: Placed } {
  const where = 'padReflect';
  if (images.shape.length !== 4) throw expected(where, 'images [N, C, H, W]', showShape(images.shape));
  if (!Number.isInteger(multiple) || multiple < 1) throw expected(where, 'a multiple from 1', multiple);
  if (!Number.isInteger(margin) || margin < 0) throw expected(where, 'a margin of 0, 1, 2 … pixels', margin);
  const [count, channels, height, width] = images.shape;
  const paddedHeight = Math.ceil((height + 2 * margin) / multiple) * multiple;
  const paddedWidth = Math.ceil((width + 2 * margin) / multiple) * multiple;
  const top = Math.floor((paddedHeight - height) / 2);
  const left = Math.floor((paddedWidth - width) / 2);
  const placed = { top, left, height, width };
  if (paddedHeight === height && paddedWidth === width) return { padded: images, placed };

  const padded = filled([count, channels, paddedHeight, paddedWidth], 0);
  const columns = Int32Array.from({ length: paddedWidth }, (_, x) => mirrored(x - left, width));
  for (let row = 0; row < count * channels * paddedHeight; row++) {
    const plane = Math.floor(row / paddedHeight);
    const from = (plane * height + mirrored((row % paddedHeight) - top, height)) * width;
    const to = row * paddedWidth;
    for (let x = 0; x < paddedWidth; x++) padded.data[to + x] = images.data[from + columns[x]];
  }
  return { padded, placed };
}

/**
 * Crops padded images to the pictures in them.
 *
 * @param images [N, C, H, W]
 * @throws RddmError if the pictures do not lie within the images
 *
 * @example
 * ```ts
 * import { normalTensor, padReflect, removePadding } from 'rddm';
 * import assert from 'node:assert/strict';
 * const images = normalTensor([1, 3, 5, 6], 0, ['images']);
 * const { padded, placed } = padReflect(images, 8);
 * assert.deepEqual(removePadding(padded, placed), images);
 * ```
 */
export function removePadding(images: Tensor, { top, left, height, width }: Placed): Tensor {
  const [count, channels, paddedHeight, paddedWidth] = images.shape;
  if (images.shape.length !== 4 || top < 0 || left < 0 || top + height > paddedHeight || left + width > paddedWidth) {
    const what = `images [N, C, H, W] that hold ${height}x${width} pixels at ${top}, ${left}`;
    throw expected('removePadding', what, showShape(images.shape));
  }
  if (height === paddedHeight && width === paddedWidth) return images;
  const result = filled([count, channels, height, width], 0);
  for (let row = 0; row < count * channels * height; row++) {
    const plane = Math.floor(row / height);
    const from = (plane * paddedHeight + top + (row % height)) * paddedWidth + left;
    result.data.set(images.data.subarray(from, from + width), row * width);
  }
  return result;
}
