/** Ops and compositions that work on each element separately. */
import { tensor } from '../math/tensor.ts';
import { constant } from './build-inputs.ts';
import { makeNode } from './make-node.ts';
import type { Node } from './node.ts';

/** A node, or a number that stands for a scalar constant. */
export type Operand = Node | number;

const operand = (x: Operand): Node => (typeof x === 'number' ? constant(tensor([], [x])) : x);

/**
 * −x.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, negate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([negate(constant(tensor([2], [1, -2])))]);
 * assert.deepEqual([...y.data], [-1, 2]);
 * ```
 */
export const negate = (x: Node): Node => makeNode('negate', [x], {});

/**
 * e^x.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, exp } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([exp(constant(tensor([1], [0])))]);
 * assert.deepEqual([...y.data], [1]);
 * ```
 */
export const exp = (x: Node): Node => makeNode('exp', [x], {});

/**
 * ln x, the natural logarithm; −∞ at 0, where its slope is infinite too, and NaN below.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, log } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([log(constant(tensor([1], [1])))]);
 * assert.deepEqual([...y.data], [0]);
 * ```
 */
export const log = (x: Node): Node => makeNode('log', [x], {});

/**
 * √x; NaN below 0, and an infinite slope at 0.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, sqrt } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([sqrt(constant(tensor([2], [4, 9])))]);
 * assert.deepEqual([...y.data], [2, 3]);
 * ```
 */
export const sqrt = (x: Node): Node => makeNode('sqrt', [x], {});

/**
 * The error function, 2/√π ∫₀ˣ e^(−t²) dt.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, erf, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([erf(constant(tensor([2], [0, 9])))]);
 * assert.deepEqual([...y.data], [0, 1]);
 * ```
 */
export const erf = (x: Node): Node => makeNode('erf', [x], {});

/**
 * 1 / (1 + e^(−x)).
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, sigmoid } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([sigmoid(constant(tensor([2], [0, 99])))]);
 * assert.deepEqual([...y.data], [0.5, 1]);
 * ```
 */
export const sigmoid = (x: Node): Node => makeNode('sigmoid', [x], {});

/**
 * |x|; its slope at 0 is taken as 0.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { absolute, constant, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([absolute(constant(tensor([2], [-3, 2])))]);
 * assert.deepEqual([...y.data], [3, 2]);
 * ```
 */
export const absolute = (x: Node): Node => makeNode('absolute', [x], {});

/**
 * −1, 0 or 1; no gradient flows through it.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, sign } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([sign(constant(tensor([3], [-3, 0, 2])))]);
 * assert.deepEqual([...y.data], [-1, 0, 1]);
 * ```
 */
export const sign = (x: Node): Node => makeNode('sign', [x], {});

/**
 * x if it is above 0, else 0; its slope at 0 is taken as 0.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, relu } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([relu(constant(tensor([2], [-3, 2])))]);
 * assert.deepEqual([...y.data], [0, 2]);
 * ```
 */
export const relu = (x: Node): Node => makeNode('relu', [x], {});

/**
 * a + b; broadcasts like NumPy, as do all that follow.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { add, constant, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([add(constant(tensor([2], [1, 2])), 10)]);
 * assert.deepEqual([...y.data], [11, 12]);
 * ```
 */
export const add = (a: Operand, b: Operand): Node => makeNode('add', [operand(a), operand(b)], {});

/**
 * a − b.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, subtract } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([subtract(constant(tensor([2], [1, 2])), 10)]);
 * assert.deepEqual([...y.data], [-9, -8]);
 * ```
 */
export const subtract = (a: Operand, b: Operand): Node => makeNode('subtract', [operand(a), operand(b)], {});

/**
 * a · b for each element.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, multiply } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([multiply(constant(tensor([2], [1, 2])), 10)]);
 * assert.deepEqual([...y.data], [10, 20]);
 * ```
 */
export const multiply = (a: Operand, b: Operand): Node => makeNode('multiply', [operand(a), operand(b)], {});

/**
 * a / b.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, divide, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([divide(constant(tensor([2], [1, 2])), 2)]);
 * assert.deepEqual([...y.data], [0.5, 1]);
 * ```
 */
export const divide = (a: Operand, b: Operand): Node => makeNode('divide', [operand(a), operand(b)], {});

/**
 * The smaller of a and b; the gradient goes to it, or to b if they are equal.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, minimum } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([minimum(constant(tensor([3], [1, 2, 3])), 2)]);
 * assert.deepEqual([...y.data], [1, 2, 2]);
 * ```
 */
export const minimum = (a: Operand, b: Operand): Node => makeNode('minimum', [operand(a), operand(b)], {});

/**
 * 1 if a < b, else 0; no gradient flows through it.
 *
 * @throws RddmError if the shapes do not broadcast
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, less } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([less(constant(tensor([3], [1, 2, 3])), 2)]);
 * assert.deepEqual([...y.data], [1, 0, 0]);
 * ```
 */
export const less = (a: Operand, b: Operand): Node => makeNode('less', [operand(a), operand(b)], {});

/**
 * x².
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, square } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([square(constant(tensor([2], [3, -4])))]);
 * assert.deepEqual([...y.data], [9, 16]);
 * ```
 */
export const square = (x: Node): Node => multiply(x, x);

/**
 * x · sigmoid(x), the SiLU or swish.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, silu } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([silu(constant(tensor([2], [0, 99])))]);
 * assert.deepEqual([...y.data], [0, 99]);
 * ```
 */
export const silu = (x: Node): Node => multiply(x, sigmoid(x));

/**
 * x · Φ(x) with the normal distribution Φ: the exact GELU.
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, gelu } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([gelu(constant(tensor([2], [0, 99])))]);
 * assert.deepEqual([...y.data], [0, 99]);
 * ```
 */
export const gelu = (x: Node): Node => multiply(x, multiply(add(erf(multiply(x, Math.SQRT1_2)), 1), 0.5));
