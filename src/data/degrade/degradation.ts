/**
 * The degradations by name: what turns a clean photograph into an input I_in, so that pairs need not be collected.
 * To add one, write a file that exports a `DegradationRule`, and add its name to `degradations`.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { blur } from './blur.ts';
import type { Degraded } from './degraded.ts';
import { drops } from './drops.ts';
import { inpaint } from './inpaint.ts';
import { lowLight } from './low-light.ts';
import { noise } from './noise.ts';
import { rain } from './rain.ts';
import { shadow } from './shadow.ts';

/** Every degradation by name. */
export const degradations = { rain, drops, blur, shadow, 'low-light': lowLight, inpaint, noise };

/** The name of a degradation. */
export type DegradationKind = keyof typeof degradations;

type Settings<K extends DegradationKind> = z.output<(typeof degradations)[K]['schema']>;
type SettingsInput<K extends DegradationKind> = z.input<(typeof degradations)[K]['schema']>;

/** A degradation and all its settings: what `degradationSchema` returns. */
export type Degradation = { [K in DegradationKind]: { kind: K } & Settings<K> }[DegradationKind];
/** The same as people write it: every setting has a default. */
export type DegradationInput = { [K in DegradationKind]: { kind: K } & SettingsInput<K> }[DegradationKind];

const members = Object.entries(degradations).map(([kind, { schema }]) => schema.extend({ kind: z.literal(kind) }));

/** The settings of any degradation, distinguished by `kind`; strict. */
export const degradationSchema = z.discriminatedUnion(
  'kind',
  members as [(typeof members)[number], ...typeof members],
) as unknown as z.ZodType<Degradation, DegradationInput>;

/** What is white in the masks of a degradation; undefined if it makes none. */
export const maskMeaning = (kind: DegradationKind): string | undefined =>
  (degradations[kind] as { readonly mask?: string }).mask;

/**
 * Degrades a picture. Settings given as ranges are first drawn from `random`.
 *
 * @param image sRGB or grey, any size
 * @param degradation settings from `degradationSchema`
 * @param random the same stream gives the same bytes
 * @returns the degraded picture, and, for degradations of a region, its mask: 255 inside, 0 outside, in every channel
 *
 * @example
 * ```ts
 * import { createRandom, degradationSchema, degrade } from 'rddm';
 * import assert from 'node:assert/strict';
 * const grey = { width: 16, height: 16, channels: 1 as const, data: new Uint8Array(256).fill(90) };
 * const settings = degradationSchema.parse({ kind: 'rain', density: [0.3, 0.5] });
 * const rainy = () => degrade(grey, settings, createRandom(7, ['example'])).image;
 * assert.deepEqual(rainy(), rainy());
 * ```
 */
export function degrade(image: Image, degradation: Degradation, random: Random): Degraded {
  const { kind, ...settings } = degradation;
  // The compiler cannot see that kind and settings match; the schema has checked it.
  const rule = degradations[kind] as unknown as { apply(image: Image, settings: unknown, random: Random): Degraded };
  return rule.apply(image, settings, random);
}
