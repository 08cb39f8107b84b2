/**
 * How each op becomes ONNX operators: one rule per op. A rule may only use operators that the provider itself has; the
 * placement test checks that none falls back to another.
 */

import type { Node, OpName } from '../graph/node.ts';
import { elementCount } from '../math/shape.ts';
import { lowerConv2d, lowerConv2dInputGradient, lowerConv2dWeightGradient } from './lower-convolution.ts';
import { lowerPool } from './lower-pool.ts';
import { lowerQuantize } from './lower-quantize.ts';
import { doubled, summed } from './lower-resampling.ts';
import { lowerSum } from './lower-sum.ts';
import type { Lowering, Name } from './lowering.ts';

type LoweringRule<K extends OpName> = (node: Node<K>, inputs: readonly Name[], to: Lowering) => Name;

const direct =
  (opType: string) =>
  (_: Node, inputs: readonly Name[], to: Lowering): Name =>
    to.node(opType, inputs);

export const loweringRules: { readonly [K in OpName]: LoweringRule<K> } = {
  input: (node) => node.attributes.name,
  constant: ({ attributes: { value } }, _, to) => to.floats(value.shape, value.data),

  negate: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  erf: direct('Erf'),
  sigmoid: direct('Sigmoid'),
  absolute: direct('Abs'),
  // WebGPU has no Sign: the difference of two comparisons equals it.
  sign: (_, [x], to) =>
    to.provider === 'cpu'
      ? to.node('Sign', [x])
      : to.node('Sub', [to.cast(to.node('Greater', [x, to.float(0)])), to.cast(to.node('Less', [x, to.float(0)]))]),

  relu: direct('Relu'),

  add: direct('Add'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('Div'),
  minimum: (_, [a, b], to) =>
    to.provider === 'cpu' ? to.node('Min', [a, b]) : to.node('Where', [to.node('Less', [a, b]), a, b]),
  less: (_, inputs, to) => to.cast(to.node('Less', inputs)),

  sum: lowerSum,
  softmax: (_, [x], to) => to.node('Softmax', [x], { axis: { int: -1 } }),
  normalize: ({ shape, attributes: { epsilon } }, [x], to) => {
    // Rows become the channels of one instance norm, a fused kernel that every provider has.
    const size = shape[shape.length - 1];
    const rows = elementCount(shape) / size;
    const flat = to.reshape(x, [1, rows, size], 1);
    const ones = to.floats([rows], new Float32Array(rows).fill(1));
    const zeros = to.floats([rows], new Float32Array(rows));
    const normal = to.node('InstanceNormalization', [flat, ones, zeros], { epsilon: { float: epsilon } });
    return to.reshape(normal, shape);
  },

  reshape: ({ shape }, [x], to) => to.reshape(x, shape),
  transpose: ({ attributes: { permutation } }, [x], to) => to.node('Transpose', [x], { perm: { ints: permutation } }),
  broadcast: ({ shape }, [x], to) => to.node('Expand', [x, to.integers(shape)]),
  slice: ({ attributes: { axis, start, end } }, [x], to) =>
    to.node('Slice', [x, to.integers([start]), to.integers([end]), to.integers([axis])]),
  pad: ({ shape, attributes: { axis, before, after } }, [x], to) => {
    const at = (amount: number): number[] => shape.map((_, a) => (a === axis ? amount : 0));
    return to.node('Pad', [x, to.integers([...at(before), ...at(after)])]);
  },
  concat: ({ attributes: { axis } }, inputs, to) => to.node('Concat', inputs, { axis: { int: axis } }),

  quantize: lowerQuantize,

  matmul: direct('MatMul'),
  conv2d: lowerConv2d,
  conv2dInputGradient: lowerConv2dInputGradient,
  conv2dWeightGradient: lowerConv2dWeightGradient,
  upsample: (_, [x], to) => doubled(x, to),
  sumPool: (_, [x], to) => summed(x, to),
  maxPool: lowerPool('MaxPool'),
  averagePool: lowerPool('AveragePool'),
};
