/** Holds pictures back from training, by their names: the same names are held back when others are added. */
import { expected } from '../math/errors.ts';
import { createRandom } from '../math/random.ts';
import type { DatasetItem } from './example.ts';

/** A set, and what is held back from it. */
export interface HeldBack {
  readonly kept: readonly DatasetItem[];
  readonly held: readonly DatasetItem[];
}

/**
 * Holds back about a share of the items: those whose hash, of seed and name, is below it; at least the one with the
 * lowest. Items of one name stay together.
 *
 * @throws RddmError if nothing is left to train on
 */
export function heldBack(items: readonly DatasetItem[], share: number, seed: number): HeldBack {
  const hashes = items.map(({ name }) => createRandom(seed, ['held back', name]).uniform());
  const lowest = hashes.reduce((least, hash) => Math.min(least, hash), 1);
  const isHeld = (_: DatasetItem, index: number): boolean => hashes[index] < share || hashes[index] === lowest;
  const kept = items.filter((item, index) => !isHeld(item, index));
  if (kept.length > 0) return { kept, held: items.filter(isHeld) };
  const got = `a share of ${share} of ${items.length}, which is all`;
  throw expected('validation', 'pictures to train on besides those that are held back', got, 'hold back fewer');
}
