/**
 * Gradients against central differences in a random direction, in float64: every op, then compositions up to a whole
 * U-Net's loss.
 */
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertHasOp, assertSlope, exactly, random, weighed } from '../../test/support/gradient-checks.ts';
import { normalTensor } from '../math/random.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import { attention } from '../nn/attention.ts';
import { convolution, groupNorm, linear } from '../nn/layers.ts';
import { initialWeights, type Parameters, recordParameters, scoped, stateParameters } from '../nn/parameters.ts';
import { lossNames } from '../train/losses.ts';
import { lossOf } from '../train/step.ts';
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
  gelu,
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
  silu,
  slice,
  softmax,
  split,
  sqrt,
  square,
  subtract,
  sum,
  sumPool,
  transpose,
  upsample,
} from './build.ts';
import { gradient } from './gradient.ts';
import type { Node, OpName } from './node.ts';

const square4 = feed('a', [4, 4]);
const rowOf4 = feed('b', [4]);
const positive = add(square(square4), 0.5);
const image = feed('image', [2, 3, 5, 6]);
const kernel = feed('kernel', [4, 3, 3, 3]);
const result = feed('result', [2, 4, 3, 3]);
const strided = { stride: 2, padding: 1 };

const bias = feed('bias', [4]);

const ofEachOp: { readonly [K in OpName]: Node } = {
  input: square4,
  constant: multiply(square4, constant(normalTensor([4, 1], 1, ['constant']))),
  negate: negate(square4),
  exp: exp(square4),
  log: log(positive),
  sqrt: sqrt(positive),
  erf: erf(square4),
  sigmoid: sigmoid(square4),
  absolute: absolute(square4),
  sign: multiply(sign(square4), rowOf4),
  relu: relu(square4),
  add: add(square4, rowOf4),
  subtract: subtract(rowOf4, square4),
  multiply: multiply(square4, rowOf4),
  divide: divide(rowOf4, positive),
  minimum: minimum(square4, rowOf4),
  less: multiply(less(square4, rowOf4), rowOf4),
  quantize: multiply(quantize(square4, { type: 'int8', scales: [0.25], zero: 3 }), rowOf4),
  sum: square(sum(feed('c', [2, 3, 4]), [0, 2])),
  softmax: softmax(square4),
  normalize: normalize(square4, 0.1),
  reshape: square(reshape(square4, [2, 8])),
  transpose: square(transpose(feed('c', [2, 3, 4]), [2, 0, 1])),
  broadcast: square(broadcast(feed('d', [3, 1]), [2, 3, 4])),
  slice: square(slice(square4, 1, 1, 3)),
  pad: square(pad(square4, 0, 2, 1)),
  concat: square(concat([square4, feed('e', [4, 2]), square4], 1)),
  matmul: matmul(feed('c', [2, 3, 4]), square4),
  conv2d: conv2d(image, kernel, strided, bias),
  conv2dInputGradient: conv2dInputGradient(result, kernel, { ...strided, inputShape: [2, 3, 5, 6] }),
  conv2dWeightGradient: conv2dWeightGradient(image, result, { ...strided, kernel: [3, 3] }),
  upsample: square(upsample(image)),
  sumPool: square(sumPool(feed('even', [2, 3, 4, 6]))),
  maxPool: square(maxPool(image, { kernel: 3, stride: 2, padding: 1 })),
  averagePool: square(averagePool(image, { kernel: 3, stride: 1, padding: 1 })),
};

describe('gradients by differences', () => {
  for (const [op, node] of Object.entries(ofEachOp)) {
    test(op, () => {
      assertHasOp(node, op);
      assertSlope(weighed(node));
    });
  }
});

/** A layer with weights as inputs. */
const withWeights = (build: (parameters: Parameters) => Node): Node => build(stateParameters().parameters);

describe('gradients of compositions by differences', () => {
  test('silu and gelu', () => assertSlope(weighed(silu(gelu(square4)))));

  test('a residual block: standardised convolution, group norm, time, skip', () => {
    const y = withWeights((parameters) => {
      const x = feed('image', [2, 4, 3, 5]);
      const standardised = { outChannels: 4, kernel: 3, stride: 1, padding: 1, weights: 'standardised' } as const;
      const moments = reshape(linear(silu(feed('time', [2, 6])), 8, scoped(parameters, 'time')), [2, 8, 1, 1]);
      const [scale, shift] = split(moments, 1, 2);
      const first = convolution(x, standardised, scoped(parameters, 'first'));
      const h = silu(groupNorm(first, 2, scoped(parameters, 'norm1'), { time: { scale, shift } }));
      const second = convolution(h, standardised, scoped(parameters, 'second'));
      return add(silu(groupNorm(second, 2, scoped(parameters, 'norm2'))), x);
    });
    assertSlope(weighed(y));
  });

  for (const kind of ['linear', 'full'] as const) {
    test(`${kind} attention`, () => {
      const y = withWeights((parameters) => attention(feed('image', [2, 3, 2, 3]), kind, parameters));
      assertSlope(weighed(y), new Map([['fn.fn.to_qkv.weight', random('to_qkv', [384, 3, 1, 1], 0.3)]]));
    });
  }

  test("the gradient of a composition's gradient: convolution, softmax, norm", () => {
    const y = normalize(softmax(conv2d(image, kernel, strided)), 1e-2);
    const [dx, dw] = gradient(weighed(y), [image, kernel]);
    assertSlope(add(weighed(dx), weighed(dw)));
  });

  const doubling = { stride: 1, padding: 1, upsampled: true };
  const small = feed('small', [2, 3, 3, 4]);
  const large = feed('large', [2, 4, 6, 8]);
  const ofDoubledImages: Readonly<Record<string, Node>> = {
    conv2d: conv2d(small, kernel, doubling, bias),
    conv2dInputGradient: conv2dInputGradient(large, kernel, { ...doubling, inputShape: small.shape }),
    conv2dWeightGradient: conv2dWeightGradient(small, large, { ...doubling, kernel: [3, 3] }),
  };
  for (const [op, node] of Object.entries(ofDoubledImages)) {
    test(`${op} of doubled images`, () => assertSlope(weighed(square(node))));
  }

  test('convolutions of random sizes, in groups', () => {
    const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most });
    const sizes = fc.record({
      groups: upTo(4),
      inGroup: upTo(3),
      outGroup: upTo(3),
      kernel: fc.tuple(upTo(3), upTo(3)),
      stride: upTo(3),
      padding: upTo(2, 0),
      upsampled: fc.boolean(),
      sides: fc.tuple(upTo(5, 3), upTo(5, 3)),
    });
    const property = fc.property(sizes, ({ inGroup, outGroup, kernel, sides, ...attributes }) => {
      const { groups } = attributes;
      const x = feed('x', [2, groups * inGroup, ...sides]);
      const w = feed('w', [groups * outGroup, inGroup, ...kernel]);
      const y = conv2d(x, w, attributes, feed('b', [groups * outGroup]));
      const g = feed('g', y.shape);
      const dx = conv2dInputGradient(g, w, { ...attributes, inputShape: x.shape });
      const dw = conv2dWeightGradient(x, g, { ...attributes, kernel });
      for (const node of [y, dx, dw]) assertSlope(weighed(node));
    });
    fc.assert(property, { numRuns: 40, seed: 1 });
  });

  const unet = { dim: 8, multipliers: [1, 2], groups: 4 };
  const whole: Record<string, ModelConfigInput> = {
    'one U-Net': { unet },
    'two U-Nets for deraining with a mask': {
      unet,
      networks: 'two',
      objective: 'residual-noise',
      condition: 'input-and-mask',
    },
    'a shared encoder for grey generation': {
      unet: { ...unet, channels: 1 },
      networks: 'shared-encoder',
      objective: 'residual-noise',
      condition: 'none',
      task: 'generation',
    },
  };
  for (const [name, fields] of Object.entries(whole)) {
    for (const loss of lossNames) {
      test(`the ${loss} loss of ${name}`, () => {
        const config = modelConfig(fields);
        const build = (parameters: Parameters): Node =>
          lossOf(config, { loss, batch: 2, height: 4, width: 2 }, parameters).loss;
        const weights = initialWeights(recordParameters(build), 1);
        assertSlope(build(stateParameters().parameters), exactly(weights));
      });
    }
  }
});
