/**
 * Photographs taken with too little light: less light in linear values, mostly from lamps and therefore reddish; the
 * noise of the few photons and of reading them; a black level that clips or greys the darkest values; and 8 bits, of
 * which the picture uses only a few dozen levels. That rounding cannot be undone. Left out: what a camera's own
 * denoising and JPEG do to the noise.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import type { DegradationRule } from './degraded.ts';
import { imageOfLight, lightOf } from './linear-light.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';
import { addSensorNoise } from './sensor-noise.ts';

const lowLightSchema = z.strictObject({
  exposure: rangeSchema(0.001, 1, [0.01, 0.1]).describe('share of the light that reaches the picture'),
  cast: rangeSchema(-1, 1, [0, 0.9]).describe('colour of the light: below 0 bluish, above 0 reddish'),
  vignette: rangeSchema(0, 1, [0, 0.3]).describe('share of the light that the corners lose'),
  shot: rangeSchema(0, 0.3, [0.002, 0.008]).describe('shot noise of a white pixel, as a share of white'),
  read: rangeSchema(0, 0.1, [0.0001, 0.0005]).describe('read noise of every pixel, as a share of white'),
  black: rangeSchema(-0.05, 0.05, [-0.0015, 0.0004]).describe(
    'black level, as a share of white: above 0 the darkest values are lost, below 0 they turn grey',
  ),
  gamma: rangeSchema(0.5, 2, [0.8, 1.05]).describe('exponent of the tone curve; above 1 is darker, with more contrast'),
});
type LowLight = Drawn<z.output<typeof lowLightSchema>>;

/** Rec. 709: the contributions of the linear channels to brightness. */
const BRIGHTNESS = [0.2126, 0.7152, 0.0722];

/** The factor of each channel, chosen so that the brightness of a grey is scaled by the exposure. */
function gains({ exposure, cast }: LowLight, channels: number): number[] {
  if (channels === 1) return [exposure];
  const cast3 = [4 ** cast, 1, 4 ** (-cast / 2)];
  const brightness = cast3.reduce((sum, gain, channel) => sum + gain * BRIGHTNESS[channel], 0);
  return cast3.map((gain) => (gain * exposure) / brightness);
}

function darken(image: Image, options: LowLight, random: Random): Image {
  const { width, height, channels } = image;
  const { vignette, black, gamma } = options;
  const light = lightOf(image);
  const gain = gains(options, channels);
  const radius2 = ((width - 1) ** 2 + (height - 1) ** 2) / 4 || 1;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away2 = ((x - (width - 1) / 2) ** 2 + (y - (height - 1) / 2) ** 2) / radius2;
      const lens = 1 - vignette * away2;
      for (let channel = 0; channel < channels; channel++, at++) light[at] *= gain[channel] * lens;
    }
  }
  addSensorNoise(light, options, random);
  for (let i = 0; i < light.length; i++) light[i] = Math.max(0, light[i] - black) ** gamma;
  return imageOfLight(light, image);
}

/** Low light in the registry of degradations. */
export const lowLight: DegradationRule<typeof lowLightSchema> = {
  description: 'too little light: dark, noisy, with few levels',
  schema: lowLightSchema,
  apply: (image, settings, random) => ({ image: darken(image, drawAll(random, settings), random) }),
};
