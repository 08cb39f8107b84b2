/**
 * sRGB's 8 bits to linear light and back, by tables. Rain, blur and shadow mix light, and light adds up only in linear
 * values.
 */
import { linearOfSrgb, srgbOfLinear } from '../../math/srgb.ts';
import type { Image } from '../image.ts';

/** Steps of the table back to sRGB: where sRGB is steepest, one step is a twentieth of an 8-bit level. */
const STEPS = 65535;

/** Linear light 0 … 1 of each 8-bit sRGB value, in float32. */
export const linearOf8Bit: Float32Array = Float32Array.from(linearOfSrgb);

const encodedSteps: Uint8Array = Uint8Array.from({ length: STEPS + 1 }, (_, step) =>
  Math.round(255 * srgbOfLinear(step / STEPS)),
);

/** The 8-bit sRGB value nearest to a linear value in 0 … 1; `eightBitOfLinear(linearOf8Bit[v]) === v`. */
export const eightBitOfLinear = (linear: number): number => encodedSteps[(linear * STEPS + 0.5) | 0];

/** The linear light of a picture, interleaved like its pixels. */
export function lightOf({ data }: Image): Float32Array {
  const light = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) light[i] = linearOf8Bit[data[i]];
  return light;
}

/** The picture of linear light, clipped at 0 and 1 as by a sensor, with the size and channels of another picture. */
export function imageOfLight(light: Float32Array, { width, height, channels }: Image): Image {
  const data = new Uint8Array(light.length);
  for (let i = 0; i < light.length; i++) data[i] = eightBitOfLinear(Math.min(1, Math.max(0, light[i])));
  return { width, height, channels, data };
}
