/**
 * A setting of a degradation that is either one number or a range that every picture draws from.
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
export const drawFrom = (random: Random, [least, most]: Range): number => random.between(least, most);
