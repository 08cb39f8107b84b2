/**
 * Loading by name: the weights a network wants against those that a file gives. All or nothing: the reference
 * ignores what does not fit, and people tested untrained networks without knowing.
 */
import { expected } from '../math/errors.ts';
import { type Shape, sameShape, showShape } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';

/** `3 missing (a, b, c)`; long lists end in `…`. */
function count(items: readonly string[], what: string): string[] {
  if (items.length === 0) return [];
  const most = 4;
  const shown = items.slice(0, most).join(', ') + (items.length > most ? ', …' : '');
  return [`${items.length} ${what} (${shown})`];
}

/**
 * Takes the wanted weights out of a file's, in the network's order; nothing is copied.
 *
 * @param wanted the shape of each weight, by name
 * @param given the file's weights
 * @param where the file's name, for the message
 * @throws RddmError with one sentence that counts and names what is missing, left over, or of another shape
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
    const remedy = 'the file belongs to another network than the configuration';
    throw expected(where, `the ${names.length} weights of the network`, problems.join(' and '), remedy);
  }
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}
