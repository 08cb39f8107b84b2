/**
 * What the entries of each op's result see, from what those of its operands see: one rule per op, for one direction at a
 * time. A rule refuses what looks everywhere, and what it cannot follow. Operands without a table see no pixel.
 */
import { expected } from '../math/errors.ts';
import { type Shape, showShape } from '../math/shape.ts';
import type { ConvolutionAttributes, Node, OpName, PoolAttributes } from './node.ts';
import { goTogether, joined, lined, type Seen, type Sliding, seenAt, slid, tabulated, together } from './seen.ts';
import { reshaped } from './seen-reshape.ts';

type Operands = readonly (Seen | undefined)[];
/** At least one operand sees pixels. */
type SeenRule<K extends OpName> = (node: Node<K>, operands: Operands) => Seen;

/** The refusal of a node, with what it does to rows or columns. */
const refusal = (node: Node, does: string): Error => {
  const shapes = node.inputs.map(({ shape }) => showShape(shape)).join(' and ');
  return expected('receptiveField', 'ops that look at near pixels alone', `${node.op} of ${shapes}, which ${does}`);
};

const only: SeenRule<OpName> = (_, [x]) => x as Seen;

/** The operands that see pixels, with the axes of the result; `shapes` are those of the operands. */
function broadcasted(node: Node, operands: Operands, shapes = node.inputs.map(({ shape }) => shape)): Seen[] {
  return operands.flatMap((x, i) => {
    if (!x) return [];
    const lead = node.shape.length - shapes[i].length;
    if (shapes[i][x.axis] !== node.shape[x.axis + lead]) throw refusal(node, `repeats one of the ${x.along}`);
    return { ...x, axis: x.axis + lead, shape: [...new Array<number>(lead).fill(1), ...x.shape] };
  });
}

const elementwise: SeenRule<OpName> = (node, operands) => {
  const parts = broadcasted(node, operands);
  if (!parts.every((part) => goTogether(parts[0], part))) throw refusal(node, `joins far ${parts[0].along}`);
  return together(parts);
};

/** Results that see all entries of some axes. */
function across(node: Node, x: Seen, axes: readonly number[]): Seen {
  if (axes.includes(x.axis)) throw refusal(node, `joins all ${x.along}`);
  return joined(x, axes);
}

const alongLast: SeenRule<OpName> = (node, [x]) => across(node, x as Seen, [node.shape.length - 1]);

/** Images [N, C, H, W] over which a window slides on both spatial axes. */
function windowed(x: Seen, slidingOf: (axis: number) => Sliding): Seen {
  const others = joined(
    x,
    [2, 3].filter((axis) => axis !== x.axis),
  );
  return x.axis < 2 ? others : slid(others, slidingOf(x.axis));
}

const doubling: Sliding = { from: (o) => Math.floor(o / 2), to: (o) => Math.floor(o / 2), every: 2, by: 1 };
const halving: Sliding = { from: (o) => 2 * o, to: (o) => 2 * o + 1, every: 1, by: 2 };

const strided = (kernel: number, { stride, padding }: Pick<PoolAttributes, 'stride' | 'padding'>): Sliding => ({
  from: (o) => o * stride - padding,
  to: (o) => o * stride - padding + kernel - 1,
  every: 1,
  by: stride,
});

/** The reverse: the windows that have the entry. */
const covering = (kernel: number, { stride, padding }: ConvolutionAttributes): Sliding => ({
  from: (o) => Math.ceil((o + padding - kernel + 1) / stride),
  to: (o) => Math.floor((o + padding) / stride),
  every: stride,
  by: 1,
});

const pooling: SeenRule<'maxPool' | 'averagePool'> = ({ attributes }, [x]) =>
  windowed(x as Seen, () => strided(attributes.kernel, attributes));

/** What results of `channels` see whose groups each see one group of the operand's channels. */
function overChannels(node: Node, x: Seen, groups: number, channels: number): Seen {
  if (x.axis === 1) throw refusal(node, `joins all ${x.along}`);
  if (groups === 1 || x.shape[1] === 1) return joined(x, [1]);
  const perGroup = x.shape[1] / groups;
  const split: Shape = [x.shape[0], groups, perGroup, ...x.shape.slice(2)];
  const grouped = joined({ ...x, axis: x.axis > 1 ? x.axis + 1 : x.axis, shape: split }, [2]);
  return tabulated(x, x.shape.with(1, channels), ([batch, channel, ...place]) =>
    seenAt(grouped, [batch, Math.floor((channel * groups) / channels), 0, ...place]),
  );
}

/** The images of a convolution; its kernel and bias may not depend on pixels. */
function convolvedImages(node: Node, [x, ...others]: Operands): Seen {
  const made = others.find((other) => other !== undefined);
  if (made) throw refusal(node, `has a kernel or a bias made of all ${made.along}`);
  return x as Seen;
}

export const seenRules: { readonly [K in OpName]: SeenRule<K> } = {
  // They have no operands.
  input: only,
  constant: only,

  negate: only,
  exp: only,
  log: only,
  sqrt: only,
  erf: only,
  sigmoid: only,
  absolute: only,
  sign: only,
  relu: only,

  add: elementwise,
  subtract: elementwise,
  multiply: elementwise,
  divide: elementwise,
  minimum: elementwise,
  less: elementwise,

  sum: (node, [x]) => across(node, x as Seen, node.attributes.axes),
  softmax: alongLast,
  normalize: alongLast,

  reshape: (node, [x]) => {
    const seen = reshaped(x as Seen, node.inputs[0].shape, node.shape);
    if (!seen) throw refusal(node, `merges ${x?.along} with the axis before them`);
    return seen;
  },
  transpose: ({ attributes: { permutation } }, [x]) => {
    const { shape, axis, ...rest } = x as Seen;
    const moved = permutation.map((from) => shape[from]);
    const seen = { ...rest, axis: permutation.indexOf(axis) };
    return tabulated(seen, moved, (index) =>
      seenAt(
        x as Seen,
        shape.map((_, a) => index[permutation.indexOf(a)]),
      ),
    );
  },
  broadcast: (node, operands) => broadcasted(node, operands)[0],
  slice: (node, [given]) => {
    const x = given as Seen;
    const { axis, start } = node.attributes;
    if (axis !== x.axis) {
      if (x.shape[axis] === 1) return x;
      return lined(
        axis,
        Array.from({ length: node.shape[axis] }, (_, i) => ({ seen: x, entry: start + i })),
      );
    }
    // What is cut off counts as seen, since where the result ends depends on where the picture does.
    return slid(x, strided(1 + node.inputs[0].shape[axis] - node.shape[axis], { stride: 1, padding: 0 }));
  },
  pad: (node, [given]) => {
    const x = given as Seen;
    const { axis, before } = node.attributes;
    if (axis === x.axis) return slid(x, strided(1, { stride: 1, padding: before }));
    const inside = (entry: number): boolean => entry >= 0 && entry < node.inputs[0].shape[axis];
    return lined(
      axis,
      Array.from({ length: node.shape[axis] }, (_, i) => ({
        seen: inside(i - before) ? x : undefined,
        entry: i - before,
      })),
    );
  },
  concat: (node, operands) => {
    const { axis } = node.attributes;
    const seen = operands.filter((x) => x !== undefined);
    if (seen.some((x) => x.axis === axis)) throw refusal(node, `puts ${seen[0].along} one after the other`);
    if (!seen.every((x) => goTogether(seen[0], x))) throw refusal(node, `joins far ${seen[0].along}`);
    return lined(
      axis,
      operands.flatMap((x, i) =>
        Array.from({ length: node.inputs[i].shape[axis] }, (_, entry) => ({ seen: x, entry })),
      ),
    );
  },

  quantize: only,

  matmul: (node, operands) => {
    // The axis over which products are summed; the other operand has another axis in its place.
    const inner = node.inputs.map(({ shape }, i) => shape.length - (i === 0 ? 1 : 2));
    const parts = broadcasted(
      node,
      operands.map((x, i) => x && across(node, x, [inner[i]])),
      node.inputs.map(({ shape }, i) => shape.with(inner[i], 1)),
    );
    if (!parts.every((part) => goTogether(parts[0], part))) throw refusal(node, `joins all ${parts[0].along}`);
    return together(parts);
  },
  conv2d: (node, operands) => {
    const { shape, attributes, inputs } = node;
    const x = overChannels(node, convolvedImages(node, operands), attributes.groups ?? 1, shape[1]);
    const doubled = attributes.upsampled ? windowed(x, () => doubling) : x;
    return windowed(doubled, (axis) => strided(inputs[1].shape[axis], attributes));
  },
  conv2dInputGradient: (node, operands) => {
    const { shape, attributes, inputs } = node;
    const g = overChannels(node, convolvedImages(node, operands), attributes.groups ?? 1, shape[1]);
    const x = windowed(g, (axis) => covering(inputs[1].shape[axis], attributes));
    return attributes.upsampled ? windowed(x, () => halving) : x;
  },
  conv2dWeightGradient: (node, operands) => {
    throw refusal(node, `joins all ${operands.find((x) => x !== undefined)?.along}`);
  },
  upsample: (_, [x]) => windowed(x as Seen, () => doubling),
  sumPool: (_, [x]) => windowed(x as Seen, () => halving),
  maxPool: pooling,
  averagePool: pooling,
};
