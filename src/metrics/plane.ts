/**
 * One channel of a picture as real numbers on the 8-bit scale, which every metric measures. A grey picture counts as
 * R = G = B, so that grey and colour pictures can be compared. Also checks that two pictures have the same size.
 */
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';

/** `height * width` real values, row by row, 0 … 255. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** Channel `channel` (0 red, 1 green, 2 blue) of a picture; for a grey one, its only channel. */
export function channelPlane(image: Image, channel: 0 | 1 | 2): Plane {
  const { width, height, channels, data } = image;
  const offset = channels === 1 ? 0 : channel;
  const plane = new Float64Array(width * height);
  for (let pixel = 0; pixel < plane.length; pixel++) plane[pixel] = data[pixel * channels + offset];
  return { width, height, data: plane };
}

/** The channels in which two pictures can differ: only the first if both are grey, else all three. */
export function sharedChannels(image: Image, reference: Image): readonly (0 | 1 | 2)[] {
  return image.channels === 1 && reference.channels === 1 ? [0] : [0, 1, 2];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @throws RddmError if the sizes differ, or there is no pixel to measure */
export function requireSameSize(where: string, image: Size, reference: Size, names = 'two images'): void {
  if (image.width !== reference.width || image.height !== reference.height) {
    const sizes = `${image.width}x${image.height} and ${reference.width}x${reference.height}`;
    throw expected(where, `${names} of one size`, sizes, 'crop or resize one of them');
  }
  if (image.width * image.height === 0) {
    throw expected(where, `${names} with pixels in them`, `${image.width}x${image.height}`);
  }
}
