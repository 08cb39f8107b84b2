/** The gradient of each op by hand, on small whole numbers; by differences and as adjoints in the two files beside this one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertHasOp } from '../../test/support/gradient-checks.ts';
import type { Shape } from '../math/shape.ts';
import { tensor } from '../math/tensor.ts';
import {
  absolute,
  add,
  averagePool,
  broadcast,
  concat,
  constant,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  divide,
  erf,
  exp,
  feed,
  less,
  log,
  matmul,
  maxPool,
  minimum,
  multiply,
  negate,
  normalize,
  pad,
  quantize,
  relu,
  reshape,
  sigmoid,
  sign,
  slice,
  softmax,
  sqrt,
  subtract,
  sum,
  sumPool,
  transpose,
  upsample,
} from './build.ts';
import { evaluateExactly } from './evaluate.ts';
import { gradient } from './gradient.ts';
import type { Node, OpName } from './node.ts';

type Given = readonly [shape: Shape, values: readonly number[]];

interface ByHand {
  readonly inputs: readonly Given[];
  readonly build: (...inputs: Node[]) => Node;
  /** The gradient that arrives at the result. */
  readonly arriving: readonly number[];
  /** The gradient for each input. */
  readonly wanted: readonly (readonly number[])[];
}

const valuesOf = (inputs: readonly Given[]) =>
  new Map(inputs.map(([shape, values], i) => [`x${i}`, { shape, data: Float64Array.from(values) }]));

const given = (shape: Shape, ...values: number[]): Given => [shape, values];
const column = given([2, 1], 2, 3);
const row = given([3], 1, 10, 100);
const image = given([1, 1, 2, 2], 1, 2, 3, 4);
const kernel = given([1, 1, 2, 2], 5, 6, 7, 8);
const pixel = given([1, 1, 1, 1], 3);
const powers = [1, 10, 100, 1000];
const whole = { stride: 1, padding: 0 };

const byHand: { readonly [K in OpName]: ByHand } = {
  input: { inputs: [given([2], 2, 3)], build: (x) => x, arriving: [5, 7], wanted: [[5, 7]] },
  constant: {
    inputs: [given([2], 2, 3)],
    build: (x) => multiply(x, constant(tensor([2], [4, -1]))),
    arriving: [5, 7],
    wanted: [[20, -7]],
  },
  negate: { inputs: [given([2], 1, -2)], build: negate, arriving: [3, 5], wanted: [[-3, -5]] },
  exp: { inputs: [given([2], 0, 0)], build: exp, arriving: [3, -2], wanted: [[3, -2]] },
  log: { inputs: [given([2], 4, 0.5)], build: log, arriving: [8, 3], wanted: [[2, 6]] },
  sqrt: { inputs: [given([2], 4, 9)], build: sqrt, arriving: [8, 6], wanted: [[2, 1]] },
  erf: { inputs: [given([], 0)], build: erf, arriving: [1], wanted: [[Math.fround(2 / Math.sqrt(Math.PI))]] },
  sigmoid: { inputs: [given([2], 0, 0)], build: sigmoid, arriving: [4, -8], wanted: [[1, -2]] },
  absolute: { inputs: [given([3], -3, 0, 2)], build: absolute, arriving: [5, 6, 7], wanted: [[-5, 0, 7]] },
  quantize: {
    inputs: [given([2], -3, 2)],
    build: (x) => quantize(x, { type: 'uint8', scales: [0.5], zero: 8 }),
    arriving: [5, 7],
    wanted: [[0, 0]],
  },
  sign: { inputs: [given([2], -3, 2)], build: sign, arriving: [5, 7], wanted: [[0, 0]] },
  relu: { inputs: [given([3], -3, 0, 2)], build: relu, arriving: [5, 6, 7], wanted: [[0, 0, 7]] },
  add: {
    inputs: [column, row],
    build: add,
    arriving: [1, 2, 3, 4, 5, 6],
    wanted: [
      [6, 15],
      [5, 7, 9],
    ],
  },
  subtract: {
    inputs: [column, row],
    build: subtract,
    arriving: [1, 2, 3, 4, 5, 6],
    wanted: [
      [6, 15],
      [-5, -7, -9],
    ],
  },
  multiply: {
    inputs: [column, row],
    build: multiply,
    arriving: [1, 2, 3, 4, 5, 6],
    wanted: [
      [321, 654],
      [14, 19, 24],
    ],
  },
  divide: {
    inputs: [given([2], 6, 12), given([], 2)],
    build: divide,
    arriving: [1, 3],
    wanted: [[0.5, 1.5], [-10.5]],
  },
  minimum: {
    inputs: [given([3], 1, 5, 3), given([3], 2, 4, 3)],
    build: minimum,
    arriving: [1, 10, 100],
    wanted: [
      [1, 0, 0],
      [0, 10, 100],
    ],
  },
  less: {
    inputs: [given([2], 1, 5), given([], 3)],
    build: less,
    arriving: [1, 1],
    wanted: [[0, 0], [0]],
  },
  sum: {
    inputs: [given([2, 3], 0, 0, 0, 0, 0, 0)],
    build: (x) => sum(x, [0]),
    arriving: [1, 2, 3],
    wanted: [[1, 2, 3, 1, 2, 3]],
  },
  softmax: { inputs: [given([2], 0, 0)], build: softmax, arriving: [4, 0], wanted: [[1, -1]] },
  // y = (−1/2, 1/2), deviation 2, mean g 2, mean g·y −1
  normalize: { inputs: [given([2], -1, 1)], build: (x) => normalize(x, 3), arriving: [4, 0], wanted: [[0.75, -0.75]] },
  reshape: { inputs: [image], build: (x) => reshape(x, [4]), arriving: powers, wanted: [powers] },
  transpose: {
    inputs: [given([2, 3], 0, 0, 0, 0, 0, 0)],
    build: (x) => transpose(x, [1, 0]),
    arriving: [1, 2, 3, 4, 5, 6],
    wanted: [[1, 3, 5, 2, 4, 6]],
  },
  broadcast: {
    inputs: [column],
    build: (x) => broadcast(x, [2, 3]),
    arriving: [1, 2, 3, 4, 5, 6],
    wanted: [[6, 15]],
  },
  slice: { inputs: [[[4], powers]], build: (x) => slice(x, 0, 1, 3), arriving: [5, 6], wanted: [[0, 5, 6, 0]] },
  pad: { inputs: [given([2], 1, 2)], build: (x) => pad(x, 0, 1, 2), arriving: [1, 2, 3, 4, 5], wanted: [[2, 3]] },
  concat: {
    inputs: [given([2], 1, 2), given([1], 3)],
    build: (a, b) => concat([a, b, a], 0),
    arriving: [1, 2, 3, 4, 5],
    wanted: [[5, 7], [3]],
  },
  matmul: {
    inputs: [given([2, 2], 1, 2, 3, 4), given([2, 1], 5, 6)],
    build: matmul,
    arriving: [1, 10],
    wanted: [
      [5, 6, 50, 60],
      [31, 42],
    ],
  },
  conv2d: {
    inputs: [image, kernel],
    build: (x, w) => conv2d(x, w, whole),
    arriving: [2],
    wanted: [
      [10, 12, 14, 16],
      [2, 4, 6, 8],
    ],
  },
  conv2dInputGradient: {
    inputs: [pixel, kernel],
    build: (g, w) => conv2dInputGradient(g, w, { ...whole, inputShape: [1, 1, 2, 2] }),
    arriving: powers,
    wanted: [[8765], [3, 30, 300, 3000]],
  },
  conv2dWeightGradient: {
    inputs: [image, pixel],
    build: (x, g) => conv2dWeightGradient(x, g, { ...whole, kernel: [2, 2] }),
    arriving: powers,
    wanted: [[3, 30, 300, 3000], [4321]],
  },
  upsample: {
    inputs: [given([1, 1, 1, 2], 1, 2)],
    build: upsample,
    arriving: [1, 2, 3, 4, 5, 6, 7, 8],
    wanted: [[14, 22]],
  },
  sumPool: { inputs: [image], build: sumPool, arriving: [3], wanted: [[3, 3, 3, 3]] },
  // The second window has two largest pixels.
  maxPool: {
    inputs: [given([1, 1, 1, 4], -1, -2, -3, -2)],
    build: (x) => maxPool(x, { kernel: 3, stride: 2, padding: 1 }),
    arriving: [1, 10],
    wanted: [[1, 5, 0, 5]],
  },
  averagePool: {
    inputs: [given([1, 1, 1, 3], 1, 2, 6)],
    build: (x) => averagePool(x, { kernel: 3, stride: 1, padding: 1 }),
    arriving: [2, 30, 200],
    wanted: [[11, 111, 110]],
  },
};

const doubling = { ...whole, upsampled: true };
const twoPixels = given([1, 1, 1, 2], 1, 2);
const threeResults = given([1, 1, 1, 3], 1, 10, 100);

const twoChannels = given([1, 2, 1, 2], 1, 2, 3, 4);
const twoKernels = given([2, 1, 1, 2], 5, 6, 7, 8);
const twoResults = given([1, 2, 1, 1], 1, 10);
const depthwise = { ...whole, groups: 2 };

/** The convolutions of two separate channels. */
const inGroups: { readonly [K in Extract<OpName, `conv2d${string}`>]: ByHand } = {
  conv2d: {
    inputs: [twoChannels, twoKernels],
    build: (x, w) => conv2d(x, w, depthwise),
    arriving: [1, 10],
    wanted: [
      [5, 6, 70, 80],
      [1, 2, 30, 40],
    ],
  },
  conv2dInputGradient: {
    inputs: [twoResults, twoKernels],
    build: (g, w) => conv2dInputGradient(g, w, { ...depthwise, inputShape: [1, 2, 1, 2] }),
    arriving: powers,
    wanted: [
      [65, 8700],
      [1, 10, 1000, 10000],
    ],
  },
  conv2dWeightGradient: {
    inputs: [twoChannels, twoResults],
    build: (x, g) => conv2dWeightGradient(x, g, { ...depthwise, kernel: [1, 2] }),
    arriving: powers,
    wanted: [
      [1, 10, 1000, 10000],
      [21, 4300],
    ],
  },
};

/** The convolutions of doubled pixels: 1 2 becomes two rows of 1 1 2 2, where the kernel of four has three places. */
const ofDoubledPixels: { readonly [K in Extract<OpName, `conv2d${string}`>]: ByHand } = {
  conv2d: {
    inputs: [twoPixels, kernel],
    build: (x, w) => conv2d(x, w, doubling),
    arriving: [1, 10, 100],
    wanted: [
      [26 + 10 * 12, 10 * 14 + 100 * 26],
      [211, 221, 211, 221],
    ],
  },
  conv2dInputGradient: {
    inputs: [threeResults, kernel],
    build: (g, w) => conv2dInputGradient(g, w, { ...doubling, inputShape: [1, 1, 1, 2] }),
    arriving: [1, 10],
    wanted: [
      [26, 12 + 10 * 14, 10 * 26],
      [1011, 1101, 1011, 1101],
    ],
  },
  conv2dWeightGradient: {
    inputs: [twoPixels, threeResults],
    build: (x, g) => conv2dWeightGradient(x, g, { ...doubling, kernel: [2, 2] }),
    arriving: [5, 6, 7, 8],
    wanted: [
      [26 + 10 * 12, 10 * 14 + 100 * 26],
      [26, 12 + 2 * 14, 2 * 26],
    ],
  },
};

const allByHand = [
  ...Object.entries(byHand).map(([op, one]) => ({ name: op, op, ...one })),
  ...Object.entries(inGroups).map(([op, one]) => ({ name: `${op} in groups`, op, ...one })),
  ...Object.entries(ofDoubledPixels).map(([op, one]) => ({ name: `${op} of doubled pixels`, op, ...one })),
];

describe('gradients by hand', () => {
  for (const { name, op, inputs, build, arriving, wanted } of allByHand) {
    test(name, () => {
      const nodes = inputs.map(([shape], i) => feed(`x${i}`, shape));
      const y = build(...nodes);
      assertHasOp(y, op);
      const gradients = gradient(sum(multiply(y, constant(tensor(y.shape, arriving)))), nodes);
      const values = evaluateExactly(gradients, valuesOf(inputs));
      assert.deepEqual(
        // Ignores the sign of zeros.
        values.map(({ data }) => Array.from(data, (value) => value + 0)),
        wanted,
      );
      assert.deepEqual(
        values.map(({ shape }) => shape),
        inputs.map(([shape]) => shape),
      );
    });
  }
});
