/**
 * Noise of a camera: that of photons and of reading them, in linear light, and normal noise of one strength on the 8-bit
 * values, which denoisers are compared on. Left out: what a camera's own denoising and JPEG do to the noise.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import type { DegradationRule } from './degraded.ts';
import { imageOfLight, lightOf } from './linear-light.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';
import { addSensorNoise } from './sensor-noise.ts';

const noiseSchema = z.strictObject({
  shot: rangeSchema(0, 0.3, [0.01, 0.08]).describe('shot noise of a white pixel, as a share of white'),
  read: rangeSchema(0, 0.1, [0.0005, 0.005]).describe('read noise of every pixel, as a share of white'),
  sigma: rangeSchema(0, 100, [0, 0]).describe('standard deviation of normal noise on the sRGB values 0 to 255'),
});
type Noise = Drawn<z.output<typeof noiseSchema>>;

function addNoise(image: Image, { shot, read, sigma }: Noise, random: Random): Image {
  const light = lightOf(image);
  addSensorNoise(light, { shot, read }, random);
  const noisy = imageOfLight(light, image);
  if (sigma === 0) return noisy;
  // Rounds and clips to 0 … 255.
  return {
    ...noisy,
    data: new Uint8Array(Uint8ClampedArray.from(noisy.data, (value) => value + sigma * random.normal())),
  };
}

/** Noise in the registry of degradations. */
export const noise: DegradationRule<typeof noiseSchema> = {
  description: 'the noise of a camera',
  schema: noiseSchema,
  apply: (image, settings, random) => ({ image: addNoise(image, drawAll(random, settings), random) }),
};
