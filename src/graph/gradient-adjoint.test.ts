/** Linear ops A: the gradient is the adjoint, ⟨A x, y⟩ = ⟨x, Aᵀ y⟩, to the last bits of float64 for random x and y. */
import { describe, test } from 'node:test';
import { assertAdjoint, assertHasOp } from '../../test/support/gradient-checks.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import {
  add,
  averagePool,
  broadcast,
  concat,
  constant,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  divide,
  feed,
  matmul,
  multiply,
  negate,
  pad,
  reshape,
  slice,
  subtract,
  sum,
  sumPool,
  transpose,
  upsample,
} from './build.ts';
import type { Node, OpName } from './node.ts';

/** Ops that are not linear in any input, or have none: tested only by hand and by differences. */
type NotLinear =
  | 'input'
  | 'constant'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'erf'
  | 'sigmoid'
  | 'absolute'
  | 'sign'
  | 'relu'
  | 'minimum'
  | 'less'
  | 'softmax'
  | 'normalize'
  | 'quantize'
  | 'maxPool';

/** A linear map, with the shape of its argument. */
type LinearMap = readonly [shape: Shape, map: (x: Node) => Node];

const fixed = (...shape: number[]): Node => constant(normalTensor(shape, 1, ['adjoint']));
const same = { stride: 1, padding: 1 };
const down = { stride: 2, padding: 1 };
const doubling = { ...same, upsampled: true };

const linearMaps: { readonly [K in Exclude<OpName, NotLinear>]: readonly LinearMap[] } = {
  negate: [[[3, 4], negate]],
  add: [
    [[3, 1], (x) => add(x, x)],
    [[3, 1], (x) => add(multiply(x, fixed(3, 4)), x)],
  ],
  subtract: [[[4], (x) => subtract(x, multiply(fixed(3, 4), x))]],
  multiply: [
    [[3, 1], (x) => multiply(x, fixed(2, 3, 4))],
    [[4], (x) => multiply(fixed(3, 1), x)],
  ],
  divide: [[[3, 1], (x) => divide(x, fixed(2, 3, 4))]],
  sum: [
    [[2, 3, 4], (x) => sum(x, [1])],
    [[2, 3, 4], (x) => sum(x, [2, 0])],
    [[2, 3, 4], (x) => sum(x)],
    [[2, 3, 4], (x) => sum(x, [])],
  ],
  reshape: [[[2, 3, 4], (x) => reshape(x, [4, 6])]],
  transpose: [
    [[2, 3, 4], (x) => transpose(x, [1, 2, 0])],
    [[2, 3, 4, 5], (x) => transpose(x, [3, 0, 2, 1])],
  ],
  broadcast: [
    [[3, 1], (x) => broadcast(x, [2, 3, 4])],
    [[], (x) => broadcast(x, [2, 3])],
    [[1, 4], (x) => broadcast(x, [1, 3, 4])],
  ],
  slice: [
    [[2, 6, 3], (x) => slice(x, 1, 2, 5)],
    [[5], (x) => slice(x, 0, 4, 5)],
  ],
  pad: [[[2, 3, 4], (x) => pad(x, 1, 2, 1)]],
  concat: [
    [[2, 3], (x) => concat([x, negate(x), x], 1)],
    [[2, 3], (x) => concat([x, multiply(x, 3)], 0)],
  ],
  matmul: [
    [[3, 4], (x) => matmul(x, fixed(4, 5))],
    [[4, 5], (x) => matmul(fixed(2, 3, 4), x)],
    [[2, 1, 3, 4], (x) => matmul(x, fixed(3, 4, 2))],
  ],
  conv2d: [
    [[2, 3, 5, 7], (x) => conv2d(x, fixed(4, 3, 3, 3), same)],
    [[2, 3, 5, 7], (x) => conv2d(x, fixed(4, 3, 4, 4), down)],
    [[2, 3, 5, 7], (x) => conv2d(x, fixed(4, 3, 1, 1), { stride: 1, padding: 0 })],
    [[4, 3, 3, 3], (w) => conv2d(fixed(2, 3, 5, 7), w, same)],
    [[4, 3, 4, 4], (w) => conv2d(fixed(2, 3, 5, 7), w, down)],
    [[4, 3, 5, 2], (w) => conv2d(fixed(2, 3, 5, 7), w, { stride: 3, padding: 2 })],
    [[2, 3, 3, 4], (x) => conv2d(x, fixed(4, 3, 3, 3), doubling)],
    [[2, 3, 3, 4], (x) => conv2d(x, fixed(4, 3, 3, 3), { ...down, upsampled: true })],
    [[4, 3, 3, 3], (w) => conv2d(fixed(2, 3, 3, 4), w, doubling)],
    [[2, 6, 5, 7], (x) => conv2d(x, fixed(6, 1, 3, 3), { ...same, groups: 6 })],
    [[4, 3, 4, 4], (w) => conv2d(fixed(2, 6, 5, 7), w, { ...down, groups: 2 })],
  ],
  conv2dInputGradient: [
    [[2, 4, 5, 7], (g) => conv2dInputGradient(g, fixed(4, 3, 3, 3), { ...same, inputShape: [2, 3, 5, 7] })],
    [[2, 4, 2, 3], (g) => conv2dInputGradient(g, fixed(4, 3, 4, 4), { ...down, inputShape: [2, 3, 5, 7] })],
    [[4, 3, 4, 4], (w) => conv2dInputGradient(fixed(2, 4, 2, 3), w, { ...down, inputShape: [2, 3, 5, 7] })],
    [[2, 4, 6, 8], (g) => conv2dInputGradient(g, fixed(4, 3, 3, 3), { ...doubling, inputShape: [2, 3, 3, 4] })],
    [[4, 3, 3, 3], (w) => conv2dInputGradient(fixed(2, 4, 6, 8), w, { ...doubling, inputShape: [2, 3, 3, 4] })],
    [[2, 6, 5, 7], (g) => conv2dInputGradient(g, fixed(6, 2, 3, 3), { ...same, groups: 3, inputShape: [2, 6, 5, 7] })],
    [[4, 1, 4, 4], (w) => conv2dInputGradient(fixed(2, 4, 2, 3), w, { ...down, groups: 4, inputShape: [2, 4, 5, 7] })],
  ],
  conv2dWeightGradient: [
    [[2, 3, 5, 7], (x) => conv2dWeightGradient(x, fixed(2, 4, 5, 7), { ...same, kernel: [3, 3] })],
    [[2, 3, 5, 7], (x) => conv2dWeightGradient(x, fixed(2, 4, 2, 3), { ...down, kernel: [4, 4] })],
    [[2, 4, 2, 3], (g) => conv2dWeightGradient(fixed(2, 3, 5, 7), g, { ...down, kernel: [4, 4] })],
    [[2, 3, 3, 4], (x) => conv2dWeightGradient(x, fixed(2, 4, 6, 8), { ...doubling, kernel: [3, 3] })],
    [[2, 4, 6, 8], (g) => conv2dWeightGradient(fixed(2, 3, 3, 4), g, { ...doubling, kernel: [3, 3] })],
    [[2, 6, 5, 7], (x) => conv2dWeightGradient(x, fixed(2, 6, 5, 7), { ...same, groups: 6, kernel: [3, 3] })],
    [[2, 4, 2, 3], (g) => conv2dWeightGradient(fixed(2, 6, 5, 7), g, { ...down, groups: 2, kernel: [4, 4] })],
  ],
  upsample: [[[2, 3, 2, 5], upsample]],
  sumPool: [[[2, 3, 4, 6], sumPool]],
  averagePool: [
    [[2, 3, 5, 6], (x) => averagePool(x, { kernel: 3, stride: 1, padding: 1 })],
    [[2, 3, 5, 6], (x) => averagePool(x, { kernel: 2, stride: 2, padding: 0 })],
  ],
};

describe('the gradient of a linear op is its adjoint', () => {
  for (const [op, maps] of Object.entries(linearMaps)) {
    for (const [shape, map] of maps) {
      const x = feed('x', shape);
      const image = map(x);
      test(`${op} of ${shape.join('x') || 'a scalar'} to ${image.shape.join('x') || 'a scalar'}`, () => {
        assertHasOp(image, op);
        assertAdjoint(x, image);
      });
    }
  }
});
