/**
 * Loads by name: matches the weights that a network needs with those of a file. All or nothing: the reference ignores
 * mismatches, and people tested untrained networks without knowing.
 */
import { RddmError } from '../math/errors.ts';
import { type Shape, sameShape, showShape } from '../math/shape.ts';
import { shortened } from '../math/show.ts';
import type { TensorMap } from '../math/tensor.ts';

/** How many names or groups of names a message lists. */
const LISTED = 4;

/** The common prefix of names, in whole parts: `unet1.downs.` */
function commonStart(names: readonly string[]): string {
  const [first, ...others] = names.map((name) => name.split('.'));
  let depth = 0;
  while (depth < first.length - 1 && others.every((parts) => parts[depth] === first[depth])) depth++;
  return first
    .slice(0, depth)
    .map((part) => `${part}.`)
    .join('');
}

/** Groups names by their first part, `unet1.* (160)`, the largest group first; a single name stays as it is. */
function grouped(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [start] = name.split('.', 1);
    groups.set(start, [...(groups.get(start) ?? []), name]);
  }
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((group) => (group.length === 1 ? group[0] : `${commonStart(group)}* (${group.length})`));
}

/** `3 missing (a, b, c)`; for many, the common prefixes and some names: `160 missing (unet1.* (160), such as …)`. */
function count(items: readonly string[], what: string): string[] {
  if (items.length === 0) return [];
  if (items.length <= LISTED) return [`${items.length} ${what} (${items.map((item) => shortened(item)).join(', ')})`];
  const groups = grouped(items).map((item) => shortened(item));
  const shown = groups.slice(0, LISTED).join(', ') + (groups.length > LISTED ? ', …' : '');
  const examples =
    groups.length < items.length
      ? `, such as ${items
          .slice(0, 2)
          .map((item) => shortened(item))
          .join(' and ')}`
      : '';
  return [`${items.length} ${what} (${shown}${examples})`];
}

/**
 * Picks the wanted weights from a file's, in the network's order; nothing is copied.
 *
 * @param wanted the shape of each weight, by name
 * @param given the file's weights
 * @param where the file's name, for the message
 * @throws RddmError with one sentence that counts and names the weights that are missing, left over, or of another
 *   shape
 *
 * @example
 * ```ts
 * import { matchWeights, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const given = { 'final_conv.bias': tensor([3], [1, 2, 3]) };
 * assert.deepEqual(matchWeights({ 'final_conv.bias': [3] }, given, 'model.pt'), given);
 * assert.throws(() => matchWeights({ 'init_conv.bias': [3] }, given, 'model.pt'), /1 missing \(init_conv.bias\)/);
 * ```
 */
export function matchWeights(wanted: Readonly<Record<string, Shape>>, given: TensorMap, where: string): TensorMap {
  const names = Object.keys(wanted);
  const missing = names.filter((name) => !Object.hasOwn(given, name));
  const leftOver = Object.keys(given).filter((name) => !Object.hasOwn(wanted, name));
  const reshaped = names
    .filter((name) => Object.hasOwn(given, name) && !sameShape(wanted[name], given[name].shape))
    .map((name) => `${name}: ${showShape(given[name].shape)}, not ${showShape(wanted[name])}`);
  const problems = [
    ...count(missing, 'missing'),
    ...count(leftOver, 'left over'),
    ...count(reshaped, 'of another shape'),
  ];
  if (problems.length > 0) {
    const remedy = 'the file and the configuration belong to different networks';
    const wants = `expected the ${names.length} weights of the network`;
    throw new RddmError(`${shortened(where)}: ${wants}, got ${problems.join(' and ')}; ${remedy}`);
  }
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}
