/**
 * The shape of each op's result, and what the op refuses: one rule per op. Rules run when a node is built, so a wrong
 * network fails at the line that is wrong, before anything is emitted.
 */
import { expected } from '../math/errors.ts';
import { broadcastShapes, elementCount, type Shape, sameShape, showShape } from '../math/shape.ts';
import { integerRange } from './eight-bit.ts';
import type { Attributes, ConvolutionAttributes, OpName, PoolAttributes } from './node.ts';

type ShapeRule<K extends OpName> = (shapes: readonly Shape[], attributes: Attributes[K]) => Shape;

const same: (shapes: readonly Shape[]) => Shape = ([x]) => x;
const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;
const isAmount = (value: number): boolean => Number.isInteger(value) && value >= 0;
const broadcasting =
  (op: OpName): ((shapes: readonly Shape[]) => Shape) =>
  ([a, b]) =>
    broadcastShapes(a, b, op);

/** Empty axes are refused, since providers treat them differently. */
function requireSizes(op: OpName, shape: Shape): Shape {
  if (!shape.every(isCount)) throw expected(op, 'sizes that are integers from 1', showShape(shape));
  return shape;
}

function requireAxis(op: OpName, shape: Shape, axis: number): void {
  if (shape.length === 0) throw expected(op, 'at least one axis', showShape(shape));
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw expected(op, `an axis in 0 … ${shape.length - 1}`, String(axis));
  }
}

function requireRank(op: OpName, shape: Shape, rank: number, meaning: string): void {
  if (shape.length !== rank) throw expected(op, `${meaning} of rank ${rank}`, showShape(shape));
}

const requireSame = (op: OpName, what: string, wanted: Shape, given: Shape): void => {
  if (!sameShape(wanted, given)) throw expected(op, `${what} of ${showShape(wanted)}`, showShape(given));
};

const replaced = (shape: Shape, axis: number, size: number): Shape => shape.map((s, a) => (a === axis ? size : s));

/** Output size of a convolution along one axis; less than 1 if the kernel does not fit. */
const convolvedSize = (
  size: number,
  kernel: number,
  { stride, padding }: Pick<ConvolutionAttributes, 'stride' | 'padding'>,
): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;

/** Channels per group. */
function grouped(op: OpName, channels: number, what: string, groups: number): number {
  if (!isCount(groups)) throw expected(op, 'groups, an integer from 1', String(groups));
  if (channels % groups !== 0) throw expected(op, `${what} divisible by ${groups} groups`, String(channels));
  return channels / groups;
}

function convolved(op: OpName, x: Shape, w: Shape, attributes: ConvolutionAttributes): Shape {
  const { stride, padding, groups = 1 } = attributes;
  if (!isCount(stride)) throw expected(op, 'a stride, an integer from 1', String(stride));
  if (!isAmount(padding)) throw expected(op, 'a padding, an integer from 0', String(padding));
  requireRank(op, x, 4, 'an image [N, I, H, W]');
  requireRank(op, w, 4, groups === 1 ? 'a kernel [O, I, kh, kw]' : 'a kernel [O, I/groups, kh, kw]');
  grouped(op, w[0], 'kernels', groups);
  if (x[1] !== w[1] * groups) {
    const inGroups = groups === 1 ? '' : ` in ${groups} groups`;
    throw expected(op, `${w[1] * groups} channels, as the kernel ${showShape(w)} wants${inGroups}`, String(x[1]));
  }
  const scale = attributes.upsampled ? 2 : 1;
  const height = convolvedSize(x[2] * scale, w[2], attributes);
  const width = convolvedSize(x[3] * scale, w[3], attributes);
  if (height < 1 || width < 1) {
    throw expected(op, `an image that the kernel ${w[2]}x${w[3]} fits into`, showShape(x));
  }
  return [x[0], w[0], height, width];
}

function pooled(op: OpName, x: Shape, attributes: PoolAttributes): Shape {
  const { kernel, stride, padding } = attributes;
  if (!isCount(kernel)) throw expected(op, 'a kernel, an integer from 1', String(kernel));
  if (!isCount(stride)) throw expected(op, 'a stride, an integer from 1', String(stride));
  if (!isAmount(padding) || padding >= kernel) {
    throw expected(op, `a padding, an integer from 0 and below the kernel ${kernel}`, String(padding));
  }
  requireRank(op, x, 4, 'an image [N, C, H, W]');
  const sides = [x[2], x[3]].map((size) => convolvedSize(size, kernel, attributes));
  if (sides.some((side) => side < 1)) {
    throw expected(op, `an image that a window ${kernel}x${kernel} fits into`, showShape(x));
  }
  return [x[0], x[1], ...sides];
}

export const shapeRules: { readonly [K in OpName]: ShapeRule<K> } = {
  input: (_, { shape }) => requireSizes('input', shape),
  constant: (_, { value }) => requireSizes('constant', value.shape),

  negate: same,
  exp: same,
  log: same,
  sqrt: same,
  erf: same,
  sigmoid: same,
  absolute: same,
  sign: same,
  relu: same,

  add: broadcasting('add'),
  subtract: broadcasting('subtract'),
  multiply: broadcasting('multiply'),
  divide: broadcasting('divide'),
  minimum: broadcasting('minimum'),
  less: broadcasting('less'),

  sum: ([x], { axes }) => {
    for (const axis of axes) requireAxis('sum', x, axis);
    if (new Set(axes).size < axes.length) throw expected('sum', 'each axis once', axes);
    return x.map((size, axis) => (axes.includes(axis) ? 1 : size));
  },
  softmax: ([x]) => {
    requireAxis('softmax', x, x.length - 1);
    return x;
  },
  normalize: ([x], { epsilon }) => {
    requireAxis('normalize', x, x.length - 1);
    if (!(epsilon > 0)) throw expected('normalize', 'an epsilon above 0', String(epsilon));
    return x;
  },

  reshape: ([x], { shape }) => {
    if (elementCount(shape) !== elementCount(x)) {
      throw expected('reshape', `a shape of ${elementCount(x)} elements for ${showShape(x)}`, showShape(shape));
    }
    return requireSizes('reshape', shape);
  },
  transpose: ([x], { permutation }) => {
    const axes = [...permutation].sort((a, b) => a - b);
    if (axes.length !== x.length || axes.some((axis, i) => axis !== i)) {
      throw expected('transpose', `a permutation of ${x.length} axes`, permutation);
    }
    return permutation.map((axis) => x[axis]);
  },
  broadcast: ([x], { shape }) => {
    requireSizes('broadcast', shape);
    if (!sameShape(broadcastShapes(x, shape, 'broadcast'), shape)) {
      throw expected('broadcast', `a shape that ${showShape(x)} broadcasts to`, showShape(shape));
    }
    return shape;
  },
  slice: ([x], { axis, start, end }) => {
    requireAxis('slice', x, axis);
    if (!(isAmount(start) && isCount(end - start) && end <= x[axis])) {
      throw expected('slice', `integers 0 <= start < end <= ${x[axis]}`, `${start} and ${end}`);
    }
    return replaced(x, axis, end - start);
  },
  pad: ([x], { axis, before, after }) => {
    requireAxis('pad', x, axis);
    if (!(isAmount(before) && isAmount(after))) {
      throw expected('pad', 'paddings, integers from 0', `${before} and ${after}`);
    }
    return replaced(x, axis, x[axis] + before + after);
  },
  concat: (shapes, { axis }) => {
    if (shapes.length === 0) throw expected('concat', 'at least one input', 'none');
    requireAxis('concat', shapes[0], axis);
    let size = 0;
    for (const shape of shapes) {
      if (shape.length !== shapes[0].length || shape.some((length, a) => a !== axis && length !== shapes[0][a])) {
        throw expected('concat', `inputs like ${showShape(shapes[0])} but for axis ${axis}`, showShape(shape));
      }
      size += shape[axis];
    }
    return replaced(shapes[0], axis, size);
  },

  quantize: ([x], { type, scales, zero }) => {
    if (scales.length !== 1 && scales.length !== x[0]) {
      const wanted = x.length > 0 ? `one scale or ${x[0]}, as ${showShape(x)} has entries` : 'one scale';
      throw expected('quantize', wanted, String(scales.length));
    }
    const wrong = scales.find((scale) => !(scale > 0 && scale < Number.POSITIVE_INFINITY));
    if (wrong !== undefined) throw expected('quantize', 'scales above 0', String(wrong));
    const [least, most] = integerRange[type];
    if (!(Number.isInteger(zero) && zero >= least && zero <= most)) {
      throw expected('quantize', `a zero in ${least} … ${most}`, String(zero));
    }
    return x;
  },

  matmul: ([a, b]) => {
    if (a.length < 2 || b.length < 2 || a[a.length - 1] !== b[b.length - 2]) {
      throw expected('matmul', 'matrices [… m, k] and [… k, n]', `${showShape(a)} and ${showShape(b)}`);
    }
    const batch = broadcastShapes(a.slice(0, -2), b.slice(0, -2), 'matmul');
    return [...batch, a[a.length - 2], b[b.length - 1]];
  },
  conv2d: ([x, w, bias], attributes) => {
    const shape = convolved('conv2d', x, w, attributes);
    if (bias) requireSame('conv2d', 'a bias', [shape[1]], bias);
    return shape;
  },
  conv2dInputGradient: ([g, w], { inputShape, ...attributes }) => {
    requireSizes('conv2dInputGradient', inputShape);
    requireSame('conv2dInputGradient', 'a gradient', convolved('conv2dInputGradient', inputShape, w, attributes), g);
    return inputShape;
  },
  conv2dWeightGradient: ([x, g], { kernel, ...attributes }) => {
    requireRank('conv2dWeightGradient', x, 4, 'an image [N, I, H, W]');
    requireRank('conv2dWeightGradient', g, 4, 'a gradient [N, O, H, W]');
    const inChannels = grouped('conv2dWeightGradient', x[1], 'channels', attributes.groups ?? 1);
    const w = requireSizes('conv2dWeightGradient', [g[1], inChannels, ...kernel]);
    requireSame('conv2dWeightGradient', 'a gradient', convolved('conv2dWeightGradient', x, w, attributes), g);
    return w;
  },
  upsample: ([x]) => {
    requireRank('upsample', x, 4, 'an image [N, C, H, W]');
    return [x[0], x[1], x[2] * 2, x[3] * 2];
  },
  sumPool: ([x]) => {
    requireRank('sumPool', x, 4, 'an image [N, C, H, W]');
    if (x[2] % 2 !== 0 || x[3] % 2 !== 0) throw expected('sumPool', 'an even height and width', showShape(x));
    return [x[0], x[1], x[2] / 2, x[3] / 2];
  },
  maxPool: ([x], attributes) => pooled('maxPool', x, attributes),
  averagePool: ([x], attributes) => pooled('averagePool', x, attributes),
};
