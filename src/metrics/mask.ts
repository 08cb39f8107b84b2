/**
 * A region of a picture, for measuring inside and outside a shadow: a pixel belongs to it if the mask's red channel is
 * above 127. PSNR and SSIM in a region follow the shadow-removal literature: both pictures are multiplied by the mask,
 * and the average is still over the whole picture.
 */
import type { Image } from '../data/image.ts';
import { requireSameSize } from './plane.ts';

/** Which side of a mask. */
export type Region = 'inside' | 'outside';

/** One byte per pixel: 1 inside the mask, 0 outside. */
export function maskMembership(mask: Image): Uint8Array {
  const membership = new Uint8Array(mask.width * mask.height);
  for (let pixel = 0; pixel < membership.length; pixel++) {
    membership[pixel] = mask.data[pixel * mask.channels] > 127 ? 1 : 0;
  }
  return membership;
}

/** The share of a picture's pixels that belong to the mask, 0 … 1. */
export function maskFraction(mask: Image): number {
  const membership = maskMembership(mask);
  return membership.reduce((sum, member) => sum + member, 0) / membership.length;
}

/**
 * The picture, made black outside the region.
 *
 * @throws RddmError if picture and mask differ in size
 *
 * @example
 * ```ts
 * import { maskedImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * const image = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(50, 60) };
 * const mask = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(255, 0) };
 * assert.deepEqual([...maskedImage(image, mask, 'inside').data], [50, 0]);
 * assert.deepEqual([...maskedImage(image, mask, 'outside').data], [0, 60]);
 * ```
 */
export function maskedImage(image: Image, mask: Image, region: Region): Image {
  requireSameSize('maskedImage', image, mask, 'image and mask');
  const membership = maskMembership(mask);
  const member = region === 'inside' ? 1 : 0;
  const data = image.data.map((value, at) => (membership[Math.floor(at / image.channels)] === member ? value : 0));
  return { ...image, data };
}
