/**
 * The gradient of each op, as graph: given a node and the gradient g of a loss with respect to it, the gradient for
 * each of its inputs (`null` if none flows). One rule per op; gradient.ts walks the graph.
 */
import type { Shape } from '../math/shape.ts';
import {
  add,
  broadcast,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  divide,
  exp,
  less,
  matmul,
  mean,
  multiply,
  negate,
  pad,
  reshape,
  sign,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  sumPool,
  transpose,
  transposeLast,
  upsample,
} from './build.ts';
import type { Node, OpName } from './node.ts';
import { averagePoolGradient, maxPoolGradient } from './pooling-gradients.ts';

type GradientRule<K extends OpName> = (node: Node<K>, g: Node) => readonly (Node | null)[];

/** Sums a gradient over the axes along which an operand of `shape` was broadcast. */
function unbroadcast(g: Node, shape: Shape): Node {
  const lead = g.shape.length - shape.length;
  const axes = g.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && g.shape[axis] !== 1));
  return reshape(axes.length === 0 ? g : sum(g, axes), shape);
}

const flowsNowhere = (node: Node): null[] => node.inputs.map(() => null);

export const gradientRules: { readonly [K in OpName]: GradientRule<K> } = {
  input: flowsNowhere,
  constant: flowsNowhere,

  negate: (_, g) => [negate(g)],
  exp: (y, g) => [multiply(g, y)],
  log: ({ inputs: [x] }, g) => [divide(g, x)],
  sqrt: (y, g) => [divide(multiply(g, 0.5), y)],
  erf: ({ inputs: [x] }, g) => [multiply(g, multiply(exp(negate(square(x))), 2 / Math.sqrt(Math.PI)))],
  sigmoid: (y, g) => [multiply(g, multiply(y, subtract(1, y)))],
  absolute: ({ inputs: [x] }, g) => [multiply(g, sign(x))],
  sign: flowsNowhere,
  relu: (y, g) => [multiply(g, less(0, y))],

  add: ({ inputs: [a, b] }, g) => [unbroadcast(g, a.shape), unbroadcast(g, b.shape)],
  subtract: ({ inputs: [a, b] }, g) => [unbroadcast(g, a.shape), unbroadcast(negate(g), b.shape)],
  multiply: ({ inputs: [a, b] }, g) => [unbroadcast(multiply(g, b), a.shape), unbroadcast(multiply(g, a), b.shape)],
  divide: (y, g) => {
    const [a, b] = y.inputs;
    return [unbroadcast(divide(g, b), a.shape), unbroadcast(negate(divide(multiply(g, y), b)), b.shape)];
  },
  minimum: ({ inputs: [a, b] }, g) => {
    const first = less(a, b);
    return [unbroadcast(multiply(g, first), a.shape), unbroadcast(multiply(g, subtract(1, first)), b.shape)];
  },
  less: flowsNowhere,

  sum: ({ inputs: [x] }, g) => [broadcast(g, x.shape)],
  softmax: (y, g) => {
    const last = [y.shape.length - 1];
    return [multiply(y, subtract(g, sum(multiply(g, y), last)))];
  },
  normalize: (y, g) => {
    // y = (x − mean) / s  ⇒  dx = (g − mean(g) − y · mean(g · y)) / s
    const [x] = y.inputs;
    const last = [y.shape.length - 1];
    const deviation = sqrt(add(mean(square(subtract(x, mean(x, last))), last), y.attributes.epsilon));
    const centred = subtract(g, mean(g, last));
    return [divide(subtract(centred, multiply(y, mean(multiply(g, y), last))), deviation)];
  },

  reshape: ({ inputs: [x] }, g) => [reshape(g, x.shape)],
  transpose: ({ attributes: { permutation } }, g) => [
    transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  broadcast: ({ inputs: [x] }, g) => [unbroadcast(g, x.shape)],
  slice: ({ inputs: [x], attributes: { axis, start, end } }, g) => [pad(g, axis, start, x.shape[axis] - end)],
  pad: ({ inputs: [x], attributes: { axis, before } }, g) => [slice(g, axis, before, before + x.shape[axis])],
  concat: ({ inputs, attributes: { axis } }, g) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + input.shape[axis];
      const part = slice(g, axis, start, end);
      start = end;
      return part;
    });
  },

  matmul: ({ inputs: [a, b] }, g) => [
    unbroadcast(matmul(g, transposeLast(b)), a.shape),
    unbroadcast(matmul(transposeLast(a), g), b.shape),
  ],
  // It is a staircase: flat except at its jumps.
  quantize: flowsNowhere,
  // The three convolutions are one bilinear form seen from three sides; each gradient is another side.
  conv2d: ({ inputs: [x, w, ...bias], attributes }, g) => [
    conv2dInputGradient(g, w, { ...attributes, inputShape: x.shape }),
    conv2dWeightGradient(x, g, { ...attributes, kernel: [w.shape[2], w.shape[3]] }),
    ...bias.map(({ shape }) => reshape(sum(g, [0, 2, 3]), shape)),
  ],
  conv2dInputGradient: ({ inputs: [g, w], attributes: { inputShape: _, ...attributes } }, h) => [
    conv2d(h, w, attributes),
    conv2dWeightGradient(h, g, { ...attributes, kernel: [w.shape[2], w.shape[3]] }),
  ],
  conv2dWeightGradient: ({ inputs: [x, g], attributes: { kernel: _, ...attributes } }, h) => [
    conv2dInputGradient(g, h, { ...attributes, inputShape: x.shape }),
    conv2d(x, h, attributes),
  ],
  upsample: (_, g) => [sumPool(g)],
  sumPool: (_, g) => [upsample(g)],
  maxPool: (y, g) => [maxPoolGradient(y, g)],
  averagePool: (y, g) => [averagePoolGradient(y, g)],
};
