/**
 * Settings of degradations that are either one number or a range that every picture draws from.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';

/** Least and most. */
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

/** A value of the range, evenly distributed. */
const drawFrom = (random: Random, [least, most]: Range): number => random.between(least, most);

/** The same settings with a value for each range; others stay as they are. Drawn in the order in which they stand. */
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
