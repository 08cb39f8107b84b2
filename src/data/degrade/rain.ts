/**
 * Rain on a photograph: the synthetic degradation that the shipped deraining model is trained on. Drops fall at several
 * depths, in linear light: far ones are many, short, thin and faint; near ones few, long, wide and out of focus.
 * Sizes are in pixels of the picture, so a training crop and a whole photograph show the same rain.
 * Left out: drops on the lens, splashes, wet ground, and the scene's own depth.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import type { DegradationRule } from './degraded.ts';
import { eightBitOfLinear, linearOf8Bit } from './linear-light.ts';
import { blankPlane, type Plane } from './plane.ts';
import { poisson } from './poisson.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';
import { drawStreak } from './streaks.ts';

/** The settings of rain: each a number, or a range `[least, most]` from which every picture draws its own value. */
export const rainOptionsSchema = z.strictObject({
  density: rangeSchema(0, 2, [0.15, 0.5]).describe('area of all streaks, as a share of the picture'),
  length: rangeSchema(2, 400, [30, 75]).describe('length of a streak at middle depth, in pixels'),
  width: rangeSchema(0.3, 20, [1, 2]).describe('width of a streak at middle depth, in pixels'),
  angle: rangeSchema(-60, 60, [-25, 25]).describe(
    'direction in degrees from the vertical; positive falls to the right',
  ),
  brightness: rangeSchema(0, 1, [0.3, 0.7]).describe('share of the light that a bright streak takes from the sky'),
  veil: rangeSchema(0, 0.8, [0, 0.07]).describe('haze of the rain too far away to be seen as streaks'),
});
/** The ranges of all settings of rain; parse `{}` with `rainOptionsSchema` for the defaults. */
export type RainRanges = z.output<typeof rainOptionsSchema>;
/** One rain, with each value drawn. */
export type RainOptions = Drawn<RainRanges>;

/** A depth: its size relative to the middle one, its share of the streaks' area, its opacity and its defocus. */
interface Layer {
  readonly scale: number;
  readonly share: number;
  readonly opacity: number;
  /** Blur from defocus: standard deviation in widths of the middle layer. */
  readonly defocus: number;
}

const layers: readonly Layer[] = [
  { scale: 0.45, share: 0.4, opacity: 0.45, defocus: 0 },
  { scale: 0.7, share: 0.27, opacity: 0.75, defocus: 0 },
  { scale: 1, share: 0.18, opacity: 1, defocus: 0 },
  { scale: 1.8, share: 0.1, opacity: 0.8, defocus: 0.5 },
  { scale: 3.2, share: 0.05, opacity: 0.5, defocus: 1.4 },
];

const DEGREE = Math.PI / 180;

/**
 * Draws one rain from ranges.
 *
 * @example
 * ```ts
 * import { createRandom, drawRain, rainOptionsSchema } from 'rddm';
 * import assert from 'node:assert/strict';
 * const ranges = rainOptionsSchema.parse({ angle: [-10, 10] });
 * const { angle } = drawRain(createRandom(1, ['rain']), ranges);
 * assert.ok(angle >= -10 && angle < 10);
 * ```
 */
export function drawRain(random: Random, ranges: RainRanges): RainOptions {
  return drawAll(random, ranges);
}

/** Draws all streaks of one depth. */
function drawLayer(plane: Plane, layer: Layer, options: RainOptions, random: Random): void {
  const length = options.length * layer.scale;
  const width = options.width * layer.scale;
  const sigma = Math.hypot(width / 2.355, layer.defocus * options.width);
  const direction = options.angle + 1.5 * random.normal();
  // Gusts: along a slow wave across the picture, rain is alternately denser and fainter.
  const waveX = random.between(-1, 1) / 90;
  const waveY = random.between(-1, 1) / 160;
  const phase = random.between(0, 2 * Math.PI);
  // Streaks also enter from outside: their middles lie in the picture or up to half a length around it.
  const margin = length * 0.75 + 3 * sigma;
  const spanX = plane.width + 2 * margin;
  const spanY = plane.height + 2 * margin;
  const count = poisson(random, (options.density * layer.share * spanX * spanY) / (length * width));
  for (let i = 0; i < count; i++) {
    const x = random.between(-margin, plane.width + margin);
    const y = random.between(-margin, plane.height + margin);
    const gust = 0.7 + 0.3 * Math.sin(waveX * x + waveY * y + phase);
    const strength = random.uniform();
    drawStreak(plane, {
      x,
      y,
      length: length * random.between(0.6, 1.4),
      sigma: sigma * random.between(0.75, 1.25),
      angle: (direction + 1.2 * random.normal()) * DEGREE,
      opacity: Math.min(1, options.brightness * layer.opacity * gust * (0.25 + 0.75 * strength * strength)),
    });
  }
}

/**
 * The linear light of the drops, one value per channel: a bluish-grey sky that follows the scene, since the light on
 * the scene also lights the rain: at night it is about half as bright as over snow.
 */
function skyLight({ data, channels }: Image, random: Random): number[] {
  let sum = 0;
  for (const value of data) sum += linearOf8Bit[value];
  const light = random.between(0.8, 1) * (0.5 + 0.5 * Math.sqrt(sum / data.length));
  const blue = random.between(0.02, 0.14);
  return channels === 1 ? [light] : [light * (1 - blue), light * (1 - blue / 3), light * (1 + blue / 3)];
}

/**
 * Draws rain on a photograph. Streaks mix with the picture as semi-transparent bluish-grey light, in linear values:
 * clear against dark objects, hardly visible against a bright sky.
 *
 * @param image sRGB or grey, any size
 * @param options one rain, for example from {@link drawRain}
 * @param random the same stream gives the same bytes
 *
 * @example
 * ```ts
 * import { addRain, createRandom, drawRain, rainOptionsSchema } from 'rddm';
 * import assert from 'node:assert/strict';
 * const dark = { width: 32, height: 32, channels: 3 as const, data: new Uint8Array(32 * 32 * 3).fill(40) };
 * const random = createRandom(1, ['rain']);
 * const rainy = addRain(dark, drawRain(random, rainOptionsSchema.parse({ density: 0.3 })), random);
 * assert.ok(rainy.data.every((value) => value >= 40) && rainy.data.some((value) => value > 60));
 * ```
 */
export function addRain(image: Image, options: RainOptions, random: Random): Image {
  const { width, height, channels } = image;
  const plane = blankPlane(width, height);
  const sky = skyLight(image, random);
  for (const layer of layers) drawLayer(plane, layer, options, random);

  const data = new Uint8Array(image.data.length);
  for (let pixel = 0; pixel < plane.data.length; pixel++) {
    const opacity = plane.data[pixel];
    for (let channel = 0; channel < channels; channel++) {
      const at = pixel * channels + channel;
      // The veil is light scattered on the way, darker than the sky itself.
      const clear = linearOf8Bit[image.data[at]];
      const hazy = clear + options.veil * (0.7 * sky[channel] - clear);
      // Over snow the blue of the sky is brighter than white.
      data[at] = eightBitOfLinear(Math.min(1, hazy + opacity * (sky[channel] - hazy)));
    }
  }
  return { width, height, channels, data };
}

/** Rain in the registry of degradations. */
export const rain: DegradationRule<typeof rainOptionsSchema> = {
  description: 'streaks of rain at several depths',
  schema: rainOptionsSchema,
  apply: (image, ranges, random) => ({ image: addRain(image, drawRain(random, ranges), random) }),
};
