/** What every op refuses, with one sentence that names the op; and the shapes of its results. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filled } from '../math/tensor.ts';
import * as build from './build.ts';
import type { Node, OpName } from './node.ts';

type Refusal = readonly [attempt: () => unknown, sentence: string];

const at = (...shape: number[]) => build.feed('x', shape);
const image = at(2, 3, 5, 7);
const kernel = at(4, 3, 3, 3);
const same = { stride: 1, padding: 1 };
const doubling = { ...same, upsampled: true };
const inGroups = { ...same, groups: 2 };

const cannotBroadcast = (op: (a: Node, b: Node) => Node, name: OpName): Refusal[] => [
  [() => op(at(2, 3), at(2)), `${name}: expected shapes that broadcast, got 2x3 and 2`],
];

const refusals: { readonly [K in OpName]: readonly Refusal[] } = {
  input: [
    [() => build.feed('x', [2, 0]), 'input: expected sizes that are integers from 1, got 2x0'],
    [() => build.state('x', [2.5]), 'input: expected sizes that are integers from 1, got 2.5'],
    [() => build.feed('x', [-1]), 'input: expected sizes that are integers from 1, got -1'],
  ],
  constant: [[() => build.constant(filled([0, 3], 0)), 'constant: expected sizes that are integers from 1, got 0x3']],
  // Accepts every shape.
  negate: [],
  exp: [],
  log: [],
  sqrt: [],
  erf: [],
  sigmoid: [],
  absolute: [],
  sign: [],
  relu: [],
  add: cannotBroadcast(build.add, 'add'),
  subtract: cannotBroadcast(build.subtract, 'subtract'),
  multiply: cannotBroadcast(build.multiply, 'multiply'),
  divide: cannotBroadcast(build.divide, 'divide'),
  minimum: cannotBroadcast(build.minimum, 'minimum'),
  less: cannotBroadcast(build.less, 'less'),
  sum: [
    [() => build.sum(at(2, 3), [2]), 'sum: expected an axis in 0 … 1, got 2'],
    [() => build.sum(at(2, 3), [-1]), 'sum: expected an axis in 0 … 1, got -1'],
    [() => build.sum(at(2, 3), [0.5]), 'sum: expected an axis in 0 … 1, got 0.5'],
    [() => build.sum(at(2, 3), [1, 1]), 'sum: expected each axis once, got [1,1]'],
    [() => build.sum(at(), [0]), 'sum: expected at least one axis, got scalar'],
    [() => build.mean(at(2, 3), [5]), 'sum: expected an axis in 0 … 1, got 5'],
  ],
  quantize: [
    [
      () => build.quantize(at(2, 3), { type: 'int8', scales: [1, 1, 1], zero: 0 }),
      'quantize: expected one scale or 2, as 2x3 has entries, got 3',
    ],
    [() => build.quantize(at(), { type: 'int8', scales: [1, 1], zero: 0 }), 'quantize: expected one scale, got 2'],
    [
      () => build.quantize(at(2), { type: 'int8', scales: [1, 0], zero: 0 }),
      'quantize: expected scales above 0, got 0',
    ],
    [
      () => build.quantize(at(2), { type: 'uint8', scales: [1], zero: -1 }),
      'quantize: expected a zero in 0 … 255, got -1',
    ],
  ],
  softmax: [[() => build.softmax(at()), 'softmax: expected at least one axis, got scalar']],
  normalize: [
    [() => build.normalize(at(), 1e-5), 'normalize: expected at least one axis, got scalar'],
    [() => build.normalize(at(3), 0), 'normalize: expected an epsilon above 0, got 0'],
    [() => build.normalize(at(3), Number.NaN), 'normalize: expected an epsilon above 0, got NaN'],
  ],
  reshape: [
    [() => build.reshape(at(2, 3), [5]), 'reshape: expected a shape of 6 elements for 2x3, got 5'],
    [() => build.reshape(at(2, 3), [-2, -3]), 'reshape: expected sizes that are integers from 1, got -2x-3'],
    [() => build.scalar(at(2)), 'reshape: expected a shape of 2 elements for 2, got scalar'],
  ],
  transpose: [
    [() => build.transpose(at(2, 3), [0]), 'transpose: expected a permutation of 2 axes, got [0]'],
    [() => build.transpose(at(2, 3), [0, 0]), 'transpose: expected a permutation of 2 axes, got [0,0]'],
    [() => build.transpose(at(2, 3), [1, 2]), 'transpose: expected a permutation of 2 axes, got [1,2]'],
    [() => build.transposeLast(at(3)), 'transposeLast: expected at least two axes, got 3'],
  ],
  broadcast: [
    [() => build.broadcast(at(2, 3), [2]), 'broadcast: expected shapes that broadcast, got 2x3 and 2'],
    [() => build.broadcast(at(2, 3), [3]), 'broadcast: expected a shape that 2x3 broadcasts to, got 3'],
    [() => build.broadcast(at(1), [0]), 'broadcast: expected sizes that are integers from 1, got 0'],
  ],
  slice: [
    [() => build.slice(at(2, 4), 2, 0, 1), 'slice: expected an axis in 0 … 1, got 2'],
    [() => build.slice(at(2, 4), 1, 3, 3), 'slice: expected integers 0 <= start < end <= 4, got 3 and 3'],
    [() => build.slice(at(2, 4), 1, -1, 2), 'slice: expected integers 0 <= start < end <= 4, got -1 and 2'],
    [() => build.slice(at(2, 4), 1, 2, 5), 'slice: expected integers 0 <= start < end <= 4, got 2 and 5'],
    [() => build.slice(at(2, 4), 1, 0, 1.5), 'slice: expected integers 0 <= start < end <= 4, got 0 and 1.5'],
    [() => build.split(at(2, 4), 1, 3), 'split: expected axis 1 divisible by 3, got 2x4'],
  ],
  pad: [
    [() => build.pad(at(2, 4), 2, 1, 0), 'pad: expected an axis in 0 … 1, got 2'],
    [() => build.pad(at(2, 4), 1, -1, 0), 'pad: expected paddings, integers from 0, got -1 and 0'],
    [() => build.pad(at(2, 4), 1, 0, 0.5), 'pad: expected paddings, integers from 0, got 0 and 0.5'],
  ],
  concat: [
    [() => build.concat([], 0), 'concat: expected at least one input, got none'],
    [() => build.concat([at(2), at(2)], 1), 'concat: expected an axis in 0 … 0, got 1'],
    [() => build.concat([at(2, 3), at(3, 3)], 1), 'concat: expected inputs like 2x3 but for axis 1, got 3x3'],
    [() => build.concat([at(2, 3), at(2)], 1), 'concat: expected inputs like 2x3 but for axis 1, got 2'],
  ],
  matmul: [
    [() => build.matmul(at(2, 3), at(4, 5)), 'matmul: expected matrices [… m, k] and [… k, n], got 2x3 and 4x5'],
    [() => build.matmul(at(3), at(3, 5)), 'matmul: expected matrices [… m, k] and [… k, n], got 3 and 3x5'],
    [() => build.matmul(at(2, 2, 3), at(3, 3, 5)), 'matmul: expected shapes that broadcast, got 2 and 3'],
  ],
  conv2d: [
    [() => build.conv2d(image, kernel, same, at(5)), 'conv2d: expected a bias of 4, got 5'],
    [() => build.conv2d(at(3, 5, 7), kernel, same), 'conv2d: expected an image [N, I, H, W] of rank 4, got 3x5x7'],
    [() => build.conv2d(image, at(4, 3), same), 'conv2d: expected a kernel [O, I, kh, kw] of rank 4, got 4x3'],
    [
      () => build.conv2d(image, at(4, 2, 3, 3), same),
      'conv2d: expected 2 channels, as the kernel 4x2x3x3 wants, got 3',
    ],
    [
      () => build.conv2d(image, at(4, 3, 8, 8), same),
      'conv2d: expected an image that the kernel 8x8 fits into, got 2x3x5x7',
    ],
    [
      () => build.conv2d(image, kernel, { stride: 0, padding: 1 }),
      'conv2d: expected a stride, an integer from 1, got 0',
    ],
    [
      () => build.conv2d(image, kernel, { stride: 1, padding: -1 }),
      'conv2d: expected a padding, an integer from 0, got -1',
    ],
    [
      () => build.conv2d(image, kernel, { stride: 1, padding: 0.5 }),
      'conv2d: expected a padding, an integer from 0, got 0.5',
    ],
    [
      () => build.conv2d(image, at(4, 3, 13, 13), doubling),
      'conv2d: expected an image that the kernel 13x13 fits into, got 2x3x5x7',
    ],
    [
      () => build.conv2d(image, at(4, 2, 3, 3), inGroups),
      'conv2d: expected 4 channels, as the kernel 4x2x3x3 wants in 2 groups, got 3',
    ],
    [
      () => build.conv2d(at(2, 4, 5, 7), at(3, 2, 3, 3), inGroups),
      'conv2d: expected kernels divisible by 2 groups, got 3',
    ],
    [
      () => build.conv2d(image, kernel, { ...same, groups: 1.5 }),
      'conv2d: expected groups, an integer from 1, got 1.5',
    ],
    [
      () => build.conv2d(image, at(3, 3), { ...same, groups: 3 }),
      'conv2d: expected a kernel [O, I/groups, kh, kw] of rank 4, got 3x3',
    ],
  ],
  conv2dInputGradient: [
    [
      () => build.conv2dInputGradient(at(2, 4, 5, 7), at(4, 1, 3, 3), { ...inGroups, inputShape: [2, 3, 5, 7] }),
      'conv2dInputGradient: expected 2 channels, as the kernel 4x1x3x3 wants in 2 groups, got 3',
    ],
    [
      () => build.conv2dInputGradient(at(2, 4, 5, 6), kernel, { ...same, inputShape: [2, 3, 5, 7] }),
      'conv2dInputGradient: expected a gradient of 2x4x5x7, got 2x4x5x6',
    ],
    [
      () => build.conv2dInputGradient(at(2, 4, 5, 7), kernel, { ...same, inputShape: [2, 3, 0, 7] }),
      'conv2dInputGradient: expected sizes that are integers from 1, got 2x3x0x7',
    ],
    [
      () => build.conv2dInputGradient(at(2, 4, 5, 7), kernel, { ...same, inputShape: [3, 5, 7] }),
      'conv2dInputGradient: expected an image [N, I, H, W] of rank 4, got 3x5x7',
    ],
    [
      () => build.conv2dInputGradient(at(2, 4, 5, 7), kernel, { ...doubling, inputShape: [2, 3, 5, 7] }),
      'conv2dInputGradient: expected a gradient of 2x4x10x14, got 2x4x5x7',
    ],
  ],
  conv2dWeightGradient: [
    [
      () => build.conv2dWeightGradient(image, at(2, 4, 5, 7), { ...inGroups, kernel: [3, 3] }),
      'conv2dWeightGradient: expected channels divisible by 2 groups, got 3',
    ],
    [
      () => build.conv2dWeightGradient(at(2, 4, 5, 7), at(2, 3, 5, 7), { ...inGroups, kernel: [3, 3] }),
      'conv2dWeightGradient: expected kernels divisible by 2 groups, got 3',
    ],
    [
      () => build.conv2dWeightGradient(image, at(2, 3, 5, 7), { ...same, groups: 0, kernel: [3, 3] }),
      'conv2dWeightGradient: expected groups, an integer from 1, got 0',
    ],
    [
      () => build.conv2dWeightGradient(image, at(2, 4, 5, 6), { ...same, kernel: [3, 3] }),
      'conv2dWeightGradient: expected a gradient of 2x4x5x7, got 2x4x5x6',
    ],
    [
      () => build.conv2dWeightGradient(image, at(4, 5, 7), { ...same, kernel: [3, 3] }),
      'conv2dWeightGradient: expected a gradient [N, O, H, W] of rank 4, got 4x5x7',
    ],
    [
      () => build.conv2dWeightGradient(at(3, 5, 7), at(2, 4, 5, 7), { ...same, kernel: [3, 3] }),
      'conv2dWeightGradient: expected an image [N, I, H, W] of rank 4, got 3x5x7',
    ],
    [
      () => build.conv2dWeightGradient(image, at(2, 4, 5, 7), { ...same, kernel: [0, 3] }),
      'conv2dWeightGradient: expected sizes that are integers from 1, got 4x3x0x3',
    ],
    [
      () => build.conv2dWeightGradient(image, at(2, 4, 5, 7), { ...doubling, kernel: [3, 3] }),
      'conv2dWeightGradient: expected a gradient of 2x4x10x14, got 2x4x5x7',
    ],
  ],
  upsample: [[() => build.upsample(at(3, 5, 7)), 'upsample: expected an image [N, C, H, W] of rank 4, got 3x5x7']],
  maxPool: [
    [
      () => build.maxPool(image, { kernel: 2, stride: 1, padding: 2 }),
      'maxPool: expected a padding, an integer from 0 and below the kernel 2, got 2',
    ],
    [
      () => build.maxPool(image, { kernel: 0, stride: 1, padding: 0 }),
      'maxPool: expected a kernel, an integer from 1, got 0',
    ],
  ],
  averagePool: [
    [
      () => build.averagePool(image, { kernel: 6, stride: 1, padding: 0 }),
      'averagePool: expected an image that a window 6x6 fits into, got 2x3x5x7',
    ],
    [
      () => build.averagePool(image, { kernel: 2, stride: 0, padding: 0 }),
      'averagePool: expected a stride, an integer from 1, got 0',
    ],
    [
      () => build.averagePool(at(3, 4, 6), { kernel: 2, stride: 2, padding: 0 }),
      'averagePool: expected an image [N, C, H, W] of rank 4, got 3x4x6',
    ],
  ],
  sumPool: [
    [() => build.sumPool(at(3, 4, 6)), 'sumPool: expected an image [N, C, H, W] of rank 4, got 3x4x6'],
    [() => build.sumPool(at(2, 3, 4, 7)), 'sumPool: expected an even height and width, got 2x3x4x7'],
  ],
};

describe('bad inputs', () => {
  for (const [op, attempts] of Object.entries(refusals)) {
    for (const [attempt, sentence] of attempts) {
      test(`${op}, ${sentence}`, () => assert.throws(attempt, { name: 'RddmError', message: sentence }));
    }
  }
});

describe('shapes', () => {
  const cases: readonly (readonly [name: string, given: readonly number[], wanted: readonly number[]])[] = [
    ['broadcasting aligns the last axes', build.add(at(4, 1, 3), at(5, 1)).shape, [4, 5, 3]],
    ['a sum keeps its axes', build.sum(at(2, 3, 4), [0, 2]).shape, [1, 3, 1]],
    ['a transpose', build.transpose(at(2, 3, 4), [2, 0, 1]).shape, [4, 2, 3]],
    ['a batched product', build.matmul(at(5, 1, 2, 3), at(6, 3, 4)).shape, [5, 6, 2, 4]],
    ['a convolution of the same size', build.conv2d(image, kernel, same).shape, [2, 4, 5, 7]],
    [
      'a strided convolution drops what is left over',
      build.conv2d(image, at(1, 3, 4, 4), { stride: 2, padding: 1 }).shape,
      [2, 1, 2, 3],
    ],
    ['a convolution in groups', build.conv2d(at(2, 4, 5, 7), at(6, 2, 3, 3), inGroups).shape, [2, 6, 5, 7]],
    [
      'the kernels of a depthwise convolution',
      build.conv2dWeightGradient(image, at(2, 3, 5, 7), { ...same, groups: 3, kernel: [3, 3] }).shape,
      [3, 1, 3, 3],
    ],
    ['a convolution of doubled images', build.conv2d(image, kernel, doubling).shape, [2, 4, 10, 14]],
    [
      'a strided convolution of doubled images of odd sizes',
      build.conv2d(image, kernel, { stride: 2, padding: 0, upsampled: true }).shape,
      [2, 4, 4, 6],
    ],
    ['doubled', build.upsample(image).shape, [2, 3, 10, 14]],
    ['windows with padding', build.maxPool(image, { kernel: 3, stride: 2, padding: 1 }).shape, [2, 3, 3, 4]],
    ['halved', build.sumPool(at(2, 3, 4, 6)).shape, [2, 3, 2, 3]],
  ];
  for (const [name, given, wanted] of cases) test(name, () => assert.deepEqual(given, wanted));

  test('an op that changes nothing makes no node', () => {
    const x = at(2, 4);
    assert.equal(build.reshape(x, [2, 4]), x);
    assert.equal(build.broadcast(x, [2, 4]), x);
    assert.equal(build.slice(x, 1, 0, 4), x);
    assert.equal(build.pad(x, 1, 0, 0), x);
    assert.equal(build.concat([x], 0), x);
  });
});
