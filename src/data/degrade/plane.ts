/**
 * One number per pixel: the opacity of rain, the coverage of a shape; and the conversion to a mask. Pixel centres lie
 * at whole coordinates, here and in everything that is drawn.
 */
import type { Image } from '../image.ts';

/** A plane of numbers, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A plane of zeros. */
export const blankPlane = (width: number, height: number): Plane => ({
  width,
  height,
  data: new Float32Array(width * height),
});

/** White where a plane reaches `least`, black elsewhere, in every channel. */
export function maskOf({ width, height, data }: Plane, channels: Image['channels'], least = 0.5): Image {
  const mask = new Uint8Array(data.length * channels);
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (data[pixel] >= least) mask.fill(255, pixel * channels, (pixel + 1) * channels);
  }
  return { width, height, channels, data: mask };
}
