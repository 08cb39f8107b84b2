/** Ops that move elements and compute nothing. An op that would change nothing makes no node. */
import { expected } from '../math/errors.ts';
import { type Shape, sameShape, showShape } from '../math/shape.ts';
import { matmul } from './build-products.ts';
import { makeNode } from './make-node.ts';
import { isOp, type Node } from './node.ts';

const ascending = (a: number, b: number): number => a - b;

/**
 * The same elements in another shape.
 *
 * @throws RddmError if the number of elements differs
 *
 * @example
 * ```ts
 * import { feed, reshape } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(reshape(feed('x', [2, 6]), [3, 4]).shape, [3, 4]);
 * ```
 */
export const reshape = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode('reshape', [x], { shape });

/**
 * A scalar from a node of one element.
 *
 * @throws RddmError if it has more
 *
 * @example
 * ```ts
 * import { feed, scalar } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(scalar(feed('x', [1, 1])).shape, []);
 * ```
 */
export const scalar = (x: Node): Node => reshape(x, []);

/**
 * Axes in another order: axis a of the result is axis `permutation[a]` of x.
 *
 * @throws RddmError if it is not a permutation of the axes
 *
 * @example
 * ```ts
 * import { feed, transpose } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(transpose(feed('x', [2, 3, 4]), [2, 0, 1]).shape, [4, 2, 3]);
 * ```
 */
export function transpose(x: Node, permutation: readonly number[]): Node {
  // Two in a row become one, and one that changes nothing disappears.
  if (isOp(x, 'transpose') && sameShape([...permutation].sort(ascending), [...x.shape.keys()])) {
    return transpose(
      x.inputs[0],
      permutation.map((axis) => x.attributes.permutation[axis]),
    );
  }
  return sameShape(permutation, [...x.shape.keys()]) ? x : makeNode('transpose', [x], { permutation });
}

/**
 * Swaps the last two axes. For a matrix product this uses (a b)ᵀ = bᵀ aᵀ: runtimes read transposed operands for free,
 * but move a transposed result.
 *
 * @throws RddmError if there are fewer than two
 *
 * @example
 * ```ts
 * import { feed, transposeLast } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(transposeLast(feed('x', [2, 3, 4])).shape, [2, 4, 3]);
 * ```
 */
export function transposeLast(x: Node): Node {
  const rank = x.shape.length;
  if (rank < 2) throw expected('transposeLast', 'at least two axes', showShape(x.shape));
  if (isOp(x, 'matmul')) return matmul(transposeLast(x.inputs[1]), transposeLast(x.inputs[0]));
  return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/**
 * Repeats x along axes where it has size 1 or that it lacks, like NumPy.
 *
 * @throws RddmError if x does not broadcast to the shape
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { broadcast, constant, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([broadcast(constant(tensor([2, 1], [1, 2])), [2, 3])]);
 * assert.deepEqual([...y.data], [1, 1, 1, 2, 2, 2]);
 * ```
 */
export const broadcast = (x: Node, shape: Shape): Node =>
  sameShape(x.shape, shape) ? x : makeNode('broadcast', [x], { shape });

/**
 * Entries start … end − 1 of one axis.
 *
 * @throws RddmError if they are not all there, or the range is empty
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, slice } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([slice(constant(tensor([4], [1, 2, 3, 4])), 0, 1, 3)]);
 * assert.deepEqual([...y.data], [2, 3]);
 * ```
 */
export const slice = (x: Node, axis: number, start: number, end: number): Node =>
  start === 0 && end === x.shape[axis] ? x : makeNode('slice', [x], { axis, start, end });

/**
 * Splits an axis into equal parts.
 *
 * @throws RddmError if the axis is not divisible
 *
 * @example
 * ```ts
 * import { feed, split } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [left, right] = split(feed('x', [2, 6]), 1, 2);
 * assert.deepEqual([left.shape, right.shape], [[2, 3], [2, 3]]);
 * ```
 */
export function split(x: Node, axis: number, parts: number): Node[] {
  const size = x.shape[axis] / parts;
  if (!Number.isInteger(size)) throw expected('split', `axis ${axis} divisible by ${parts}`, showShape(x.shape));
  return Array.from({ length: parts }, (_, part) => slice(x, axis, part * size, (part + 1) * size));
}

/**
 * Adds zeros before and after the entries of one axis.
 *
 * @throws RddmError if the axis is not one of the node's, or a padding is negative
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, pad } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([pad(constant(tensor([2], [1, 2])), 0, 1, 2)]);
 * assert.deepEqual([...y.data], [0, 1, 2, 0, 0]);
 * ```
 */
export const pad = (x: Node, axis: number, before: number, after: number): Node =>
  before === 0 && after === 0 ? x : makeNode('pad', [x], { axis, before, after });

/**
 * Concatenates nodes along an axis.
 *
 * @throws RddmError if there are none, or another axis differs
 *
 * @example
 * ```ts
 * import { concat, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(concat([feed('a', [2, 3]), feed('b', [2, 1])], 1).shape, [2, 4]);
 * ```
 */
export const concat = (inputs: readonly Node[], axis: number): Node =>
  inputs.length === 1 ? inputs[0] : makeNode('concat', inputs, { axis });
