/**
 * A picture as people have it: 8-bit, interleaved, one (grey) or three (sRGB) channels; and its conversion to and from
 * a network's tensor, [1, C, H, W] in [-1, 1], the range of the paper.
 */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';

/** 8-bit interleaved pixels, row by row, sRGB or grey. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** `height * width * channels` values, 0 … 255. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Writes an image into entry `index` of a batch tensor [N, C, H, W], scaled to [-1, 1]. */
export function imageIntoBatch(image: Image, batch: Tensor, index: number): void {
  const { width, height, channels, data } = image;
  const [, c, h, w] = batch.shape;
  if (c !== channels || h !== height || w !== width) {
    throw expected('imageIntoBatch', `an image of ${c}x${h}x${w}`, `${channels}x${height}x${width}`);
  }
  const plane = width * height;
  const start = index * channels * plane;
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      batch.data[start + channel * plane + pixel] = data[pixel * channels + channel] / 127.5 - 1;
    }
  }
}

/**
 * An image as a tensor [1, C, H, W] in [-1, 1].
 *
 * @example
 * ```ts
 * import { imageToTensor, tensorToImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * const image = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 255) };
 * assert.deepEqual([...imageToTensor(image).data], [-1, 1]);
 * assert.deepEqual([...tensorToImage(imageToTensor(image)).data], [0, 255]);
 * ```
 */
export function imageToTensor(image: Image): Tensor {
  const batch = filled([1, image.channels, image.height, image.width], 0);
  imageIntoBatch(image, batch, 0);
  return batch;
}

/**
 * Entry `index` of a batch [N, C, H, W] in [-1, 1] as an image, rounded and clamped to 8 bits.
 *
 * @throws RddmError if the tensor has another rank, or neither one nor three channels
 *
 * @example
 * ```ts
 * import { tensor, tensorToImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * const image = tensorToImage(tensor([1, 1, 1, 3], [-1, 0.2, 7]));
 * assert.deepEqual([...image.data], [0, 153, 255]);
 * ```
 */
export function tensorToImage(batch: Tensor, index = 0): Image {
  const [count, channels, height, width] = batch.shape;
  if (batch.shape.length !== 4 || (channels !== 1 && channels !== 3) || index >= count) {
    throw expected('tensorToImage', `a tensor [N > ${index}, 1 or 3, H, W]`, showShape(batch.shape));
  }
  const plane = width * height;
  const start = index * channels * plane;
  const data = new Uint8ClampedArray(plane * channels);
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      // A clamped array rounds to nearest (ties to even) and clamps by itself.
      data[pixel * channels + channel] = (batch.data[start + channel * plane + pixel] + 1) * 127.5;
    }
  }
  return { width, height, channels, data };
}
