/**
 * The receptive field against the truth: a pixel of the image is changed, the reference evaluator says which output pixels
 * change, and these are exactly the predicted ones. Of every op, then of networks.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertHasOp } from '../../test/support/gradient-checks.ts';
import { assertField } from '../../test/support/receptive-field.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
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
  split,
  sqrt,
  subtract,
  sum,
  sumPool,
  transpose,
  upsample,
} from './build.ts';
import type { Node, OpName } from './node.ts';
import { receptiveField } from './receptive-field.ts';

const image = (shape: Shape = [1, 4, 12, 12]): Node => feed('x', shape);
const weights = (...shape: number[]): Node => constant(normalTensor(shape, 1, ['weights', ...shape]));
const near = (x: Node): Node => conv2d(x, weights(4, 4, 3, 3), { stride: 1, padding: 1 });
/** Squares of 2×2 pixels as channels, whose order says the place. */
const folded = (x: Node): Node => {
  const [n, c, h, w] = x.shape;
  const squares = transpose(reshape(x, [n, c, h / 2, 2, w / 2, 2]), [0, 1, 3, 5, 2, 4]);
  return reshape(squares, [n, 4 * c, h / 2, w / 2]);
};
const unfolded = (x: Node): Node => {
  const [n, c, h, w] = x.shape;
  const squares = transpose(reshape(x, [n, c / 4, 2, 2, h, w]), [0, 1, 4, 2, 5, 3]);
  return reshape(squares, [n, c / 4, 2 * h, 2 * w]);
};

type Case = {
  /** Graphs that are followed exactly; of those that say `with gaps`, not every pixel in between counts. */
  readonly exact?: Readonly<Record<string, (x: Node) => Node>>;
  /** Graphs that are refused, with the end of the sentence. */
  readonly refused?: Readonly<Record<string, (x: Node) => Node>>;
};

const cases: { readonly [K in OpName]: Case } = {
  input: { exact: { 'the image': (x) => x }, refused: { 'outputs [N, C, H, W] made of': () => image([1, 4, 9, 9]) } },
  constant: { exact: { 'beside it': (x) => add(x, weights(1, 4, 1, 12)) } },

  negate: { exact: { near: (x) => negate(near(x)) } },
  log: { exact: { near: (x) => log(add(multiply(near(x), 0.01), 2)) } },
  exp: { exact: { near: (x) => exp(multiply(near(x), 0.01)) } },
  sqrt: { exact: { near: (x) => sqrt(absolute(near(x))) } },
  erf: { exact: { near: (x) => erf(multiply(near(x), 0.01)) } },
  sigmoid: { exact: { near: (x) => sigmoid(multiply(near(x), 0.01)) } },
  absolute: { exact: { near: (x) => absolute(near(x)) } },
  sign: { exact: { 'of a pixel': (x) => sign(x) } },
  relu: { exact: { 'of a pixel': (x) => relu(x) } },

  add: {
    exact: {
      'of views of different sizes': (x) => add(near(x), x),
      'with features of time': (x) => add(x, weights(1, 4, 1, 1)),
      'with an axis more': (x) => reshape(add(x, weights(2, 1, 4, 12, 12)), [1, 8, 12, 12]),
      'of periods 1, 2 and 4': (x) => add(add(x, upsample(sumPool(x))), upsample(upsample(sumPool(sumPool(x))))),
    },
    refused: {
      'add of 1x4x12x12 and 1x4x12x12, which joins far rows': (x) => add(x, transpose(x, [0, 1, 3, 2])),
      'add of 1x4x1x12 and 1x4x12x12, which repeats one of the rows': (x) => add(slice(x, 2, 0, 1), x),
    },
  },
  subtract: { exact: { near: (x) => subtract(near(x), 1) } },
  multiply: { exact: { 'of a pixel with its neighbours': (x) => multiply(near(x), x) } },
  divide: { exact: { near: (x) => divide(1, near(x)) } },
  minimum: { exact: { 'of a pixel': (x) => minimum(x, 0.5) } },
  less: { exact: { 'of a pixel': (x) => less(x, 0.5) } },

  sum: {
    exact: {
      'over channels': (x) => sum(near(x), [1]),
      'over parts of an axis': (x) => reshape(sum(reshape(x, [1, 4, 12, 4, 3]), [4]), [1, 4, 12, 4]),
    },
    refused: { 'sum of 1x4x12x12, which joins all rows': (x) => add(sum(x, [2]), x) },
  },
  softmax: {
    exact: { 'over channels': (x) => transpose(softmax(transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2]) },
    refused: { 'softmax of 1x4x12x12, which joins all columns': (x) => softmax(x) },
  },
  normalize: {
    exact: { 'over channels': (x) => transpose(normalize(transpose(x, [0, 2, 3, 1]), 1e-5), [0, 3, 1, 2]) },
    refused: {
      'normalize of 1x4x12x12, which joins all columns': (x) => normalize(x, 1e-5),
      'reshape of 1x4x12x12, which merges rows with the axis before them': (x) =>
        reshape(normalize(reshape(x, [1, 2, 288]), 1e-5), x.shape),
    },
  },

  reshape: {
    exact: {
      'squares as channels': (x) => conv2d(folded(x), weights(2, 16, 1, 1), { stride: 1, padding: 0 }),
      'squares as channels, depthwise, with gaps': (x) =>
        unfolded(conv2d(folded(x), weights(16, 1, 3, 3), { stride: 1, padding: 1, groups: 16 })),
      'squares as channels, one of them': (x) => slice(folded(x), 1, 2, 3),
      'and back': (x) => unfolded(folded(x)),
      'after a wider view': (x) => unfolded(near(slice(folded(near(x)), 1, 2, 6))),
      'with more axes of size 1': (x) => reshape(reshape(near(x), [1, 4, 1, 12, 12, 1]), [1, 4, 12, 12]),
    },
    refused: {
      'reshape of 1x4x12x12, which merges columns with the axis before them': (x) => reshape(x, [1, 4, 144, 1]),
    },
  },
  transpose: {
    exact: { 'of axes that advance': (x) => transpose(near(transpose(x, [0, 1, 3, 2])), [0, 1, 3, 2]) },
    refused: { 'outputs [N, C, H, W] made of the images, with their rows in place': (x) => transpose(x, [0, 1, 3, 2]) },
  },
  broadcast: {
    exact: { 'of one channel': (x) => broadcast(sum(near(x), [1]), [1, 3, 12, 12]) },
    refused: {
      'broadcast of 1x4x12x1, which repeats one of the columns': (x) => broadcast(slice(x, 3, 0, 1), x.shape),
    },
  },
  slice: { exact: { 'of channels': (x) => add(split(concat([near(x), x], 1), 1, 2)[1], 0) } },
  pad: {
    exact: {
      'of rows and columns': (x) => near(pad(pad(x, 2, 1, 2), 3, 3, 0)),
      'of channels': (x) => conv2d(pad(x, 1, 2, 2), weights(8, 1, 3, 3), { stride: 1, padding: 1, groups: 8 }),
      'of channels, without them': (x) => slice(pad(near(x), 1, 2, 2), 1, 1, 4),
    },
  },
  concat: {
    exact: {
      'of channels': (x) => slice(concat([x, near(x), weights(1, 2, 12, 12)], 1), 1, 3, 9),
      'of channels, and one of them': (x) => slice(concat([near(x), x], 1), 1, 4, 5),
    },
    refused: { 'concat of 1x4x12x12 and 1x4x12x12, which puts rows one after the other': (x) => concat([x, x], 2) },
  },

  quantize: { exact: { 'of a pixel': (x) => quantize(x, { type: 'int8', scales: [1], zero: 0 }) } },

  matmul: {
    exact: {
      'over channels': (x) => transpose(matmul(transpose(near(x), [0, 2, 3, 1]), weights(4, 2)), [0, 3, 1, 2]),
      'over channels from the left': (x) => transpose(matmul(weights(2, 4), transpose(x, [0, 2, 1, 3])), [0, 2, 1, 3]),
    },
    refused: {
      'matmul of 1x4x12x12 and 12x12, which joins all columns': (x) => matmul(x, weights(12, 12)),
      'matmul of 1x4x12x12 and 1x4x12x12, which joins all rows': (x) => matmul(x, x),
    },
  },
  conv2d: {
    exact: {
      'of 5x3': (x) => conv2d(x, weights(2, 4, 5, 3), { stride: 1, padding: 2 }),
      'of stride 2': (x) => conv2d(x, weights(2, 4, 2, 2), { stride: 2, padding: 0 }),
      'of stride 3, padded, after another': (x) => conv2d(near(x), weights(2, 4, 4, 4), { stride: 3, padding: 1 }),
      'two of stride 2 and twice larger': (x) => {
        const half = (y: Node) => conv2d(y, weights(4, 4, 2, 2), { stride: 2, padding: 0 });
        return conv2d(upsample(half(half(x))), weights(4, 4, 3, 3), { stride: 1, padding: 1, upsampled: true });
      },
      'of doubled images': (x) => conv2d(x, weights(2, 4, 3, 3), { stride: 1, padding: 1, upsampled: true }),
      'in groups': (x) => {
        const mixed = concat([slice(x, 1, 0, 2), slice(near(x), 1, 0, 2)], 1);
        return slice(conv2d(mixed, weights(6, 2, 1, 1), { stride: 1, padding: 0, groups: 2 }), 1, 2, 3);
      },
      depthwise: (x) => conv2d(x, weights(4, 1, 3, 3), { stride: 1, padding: 1, groups: 4 }),
    },
    refused: {
      'which has a kernel or a bias made of all rows': (x) => conv2d(x, x, { stride: 1, padding: 0 }),
      'conv2d of 1x12x4x12 and 2x12x1x1, which joins all rows': (x) =>
        conv2d(transpose(x, [0, 2, 1, 3]), weights(2, 12, 1, 1), { stride: 1, padding: 0 }),
    },
  },
  conv2dInputGradient: {
    exact: {
      'of stride 2': (x) =>
        conv2dInputGradient(near(x), weights(4, 3, 4, 3), { stride: 2, padding: 1, inputShape: [1, 3, 24, 23] }),
      'of a kernel smaller than its stride': (x) =>
        conv2dInputGradient(x, weights(4, 1, 1, 1), { stride: 2, padding: 0, inputShape: [1, 1, 24, 24] }),
      'of doubled images': (x) => {
        const doubled = { stride: 1, padding: 1, upsampled: true };
        return conv2dInputGradient(x, weights(4, 2, 3, 3), { ...doubled, inputShape: [1, 2, 6, 6] });
      },
    },
  },
  conv2dWeightGradient: {
    refused: {
      'conv2dWeightGradient of 1x4x12x12 and 1x4x12x12, which joins all rows': (x) =>
        conv2dWeightGradient(x, x, { stride: 1, padding: 0, kernel: [1, 1] }),
    },
  },
  upsample: { exact: { 'and a view': (x) => near(upsample(x)), 'of a view': (x) => upsample(near(x)) } },
  sumPool: { exact: { 'after a view': (x) => sumPool(near(x)), 'twice larger': (x) => near(upsample(sumPool(x))) } },
  maxPool: { exact: { 'of overlapping windows': (x) => maxPool(x, { kernel: 3, stride: 2, padding: 1 }) } },
  averagePool: { exact: { 'of windows of 4': (x) => averagePool(near(x), { kernel: 4, stride: 4, padding: 0 }) } },
};

for (const [op, { exact = {}, refused = {} }] of Object.entries(cases)) {
  describe(op, () => {
    for (const [name, build] of Object.entries(exact)) {
      test(name, () => {
        const x = image();
        const output = build(x);
        assertHasOp(output, op);
        assertField(output, x, name.includes('with gaps') ? 'ends' : 'all');
      });
    }
    for (const [end, build] of Object.entries(refused)) {
      test(`refused: ${end}`, () => {
        const x = image();
        assert.throws(
          () => receptiveField([build(x)], [x]),
          ({ name, message }: Error) => name === 'RddmError' && message.includes(end),
        );
      });
    }
  });
}

test('what is cut off of the rows counts as seen, since the picture decides where the cut is', () => {
  const x = image();
  const { rows, columns } = receptiveField([pad(slice(x, 2, 3, 12), 2, 3, 0)], [x]);
  assert.deepEqual([rows.intervals, rows.before, rows.after], [[[-3, 0]], 3, 0]);
  assert.deepEqual(columns.intervals, [[0, 0]]);
});

test('several outputs count as one, and several images too', () => {
  const [x, y] = [image(), feed('y', [1, 4, 12, 12])];
  const { rows } = receptiveField([near(x), upsample(sumPool(y))], [x, y]);
  // The second sees 0 … 1 from both 0 and 1, which is less.
  assert.deepEqual([rows.period, rows.intervals], [1, [[-1, 1]]]);
  assert.deepEqual([rows.before, rows.after], [1, 1]);
  assert.deepEqual(receptiveField([add(near(x), y)], [y]).rows.intervals, [[0, 0]]);
});

test('what cannot be asked is refused', () => {
  const x = image();
  const refused: [RegExp, () => unknown][] = [
    [/expected at least one output, got none/, () => receptiveField([], [x])],
    [/expected images \[N, C, H, W\] of one size, got y of 1x4$/, () => receptiveField([x], [x, feed('y', [1, 4])])],
    [/of one size, got y of 1x4x6x6$/, () => receptiveField([x], [x, feed('y', [1, 4, 6, 6])])],
    [/expected outputs of one size, got several sizes$/, () => receptiveField([x, sumPool(x)], [x])],
    [/made of the images, .* got one that depends on no image$/, () => receptiveField([image()], [x])],
  ];
  for (const [message, call] of refused) assert.throws(call, { name: 'RddmError', message });
});
