/** Ops and compositions over many elements: sums, means, and normalised rows. */
import { elementCount } from '../math/shape.ts';
import { divide } from './build-elementwise.ts';
import { makeNode } from './make-node.ts';
import type { Node } from './node.ts';

const allAxes = (x: Node): number[] => x.shape.map((_, axis) => axis);

/**
 * Sum over `axes` (by default all), which remain with size 1.
 *
 * @throws RddmError if an axis is not one of the node's, or is named twice
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, sum } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = constant(tensor([2, 2], [1, 2, 3, 4]));
 * const [all, columns] = evaluate([sum(x), sum(x, [0])]);
 * assert.deepEqual([all.data[0], ...columns.data], [10, 4, 6]);
 * assert.deepEqual(columns.shape, [1, 2]);
 * ```
 */
export const sum = (x: Node, axes: readonly number[] = allAxes(x)): Node => makeNode('sum', [x], { axes });

/**
 * Mean over `axes` (by default all), which remain with size 1.
 *
 * @throws RddmError if an axis is not one of the node's, or is named twice
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, mean } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([mean(constant(tensor([2, 2], [1, 2, 3, 4])), [1])]);
 * assert.deepEqual([...y.data], [1.5, 3.5]);
 * ```
 */
export const mean = (x: Node, axes: readonly number[] = allAxes(x)): Node =>
  divide(sum(x, axes), elementCount(axes.map((axis) => x.shape[axis])));

/**
 * e^x divided by its sum along the last axis, without overflow.
 *
 * @throws RddmError on a scalar
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, softmax } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([softmax(constant(tensor([2, 2], [0, 0, 999, 0])))]);
 * assert.deepEqual([...y.data], [0.5, 0.5, 1, 0]);
 * ```
 */
export const softmax = (x: Node): Node => makeNode('softmax', [x], {});

/**
 * (x − mean) / √(variance + epsilon) along the last axis; the variance is that of the whole row (divisor n).
 *
 * @throws RddmError on a scalar, or if epsilon is not above 0
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, normalize } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([normalize(constant(tensor([2], [4, 10])), 1e-12)]);
 * assert.deepEqual([...y.data], [-1, 1]);
 * ```
 */
export const normalize = (x: Node, epsilon: number): Node => makeNode('normalize', [x], { epsilon });
