/**
 * Settings of degradations: either one number, or a range from which every picture draws.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';

/** The least and the most. */
export type Range = [number, number];

/** Accepts `n` (meaning `[n, n]`) or `[least, most]`, both within `lowest … highest`. */
export function rangeSchema(lowest: number, highest: number, defaults: Range) {
  const message = `expected a number or a range [least, most] within ${lowest} to ${highest}`;
  const value = z.number().min(lowest).max(highest);
  return z
    .union([value, z.tuple([value, value])], { error: message })
    .transform((given): Range => (typeof given === 'number' ? [given, given] : given))
    .refine(([least, most]) => least <= most, { error: `${message}, the least first` })
    .prefault([...defaults]);
}

/** A value drawn uniformly from the range. */
const drawFrom = (random: Random, [least, most]: Range): number => random.between(least, most);

/** The settings with each range replaced by a value, drawn in their order; others stay as they are. */
export type Drawn<Settings> = { readonly [K in keyof Settings]: Settings[K] extends Range ? number : Settings[K] };

/** Draws a value for every range of the settings. */
export function drawAll<Settings extends Readonly<Record<string, Range | string>>>(
  random: Random,
  settings: Settings,
): Drawn<Settings> {
  const drawn = Object.entries(settings).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : drawFrom(random, value),
  ]);
  return Object.fromEntries(drawn) as Drawn<Settings>;
}
