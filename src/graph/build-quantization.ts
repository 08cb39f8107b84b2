/** The op of 8-bit arithmetic. */
import { makeNode } from './make-node.ts';
import type { Node, QuantizeAttributes } from './node.ts';

/**
 * Rounds each value to the nearest number that an 8-bit integer stands for: (q − zero) · scale for an integer q. No
 * gradient flows through it. A runtime that multiplies integers fuses these ops with the convolution between them.
 *
 * @param attributes the integer's type, one scale or one per entry of the first axis, and the integer of 0
 * @throws RddmError if the number of scales fits neither, a scale is not above 0, or the zero is no integer of the type
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, quantize } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = constant(tensor([4], [-9, 0.2, 0.3, 200]));
 * const [y] = evaluate([quantize(x, { type: 'uint8', scales: [0.5], zero: 10 })]);
 * assert.deepEqual([...y.data], [-5, 0, 0.5, 122.5]);
 * ```
 */
export const quantize = (x: Node, { type, scales, zero }: QuantizeAttributes): Node =>
  makeNode('quantize', [x], { type, scales: scales.map(Math.fround), zero });
