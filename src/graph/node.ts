/**
 * The typed computation graph: immutable nodes that know their op, inputs, attributes and shape. The list of ops is
 * `Attributes` in this file; shape, gradient, evaluation, ONNX lowering and precision are exhaustive tables over it, so
 * a new op does not compile until all exist. Values are float32 at run time (some can be float16 in inference); truth
 * values are 0 and 1.
 */
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/** How a convolution slides: the same stride and zero padding on both spatial axes. */
export interface ConvolutionAttributes {
  readonly stride: number;
  readonly padding: number;
  /** Whether the image is first doubled, as by `upsample`; a lowering can then do less work. */
  readonly upsampled?: boolean;
  /**
   * The number of groups of channels, 1 by default: each group of results sees only the group of image channels at the
   * same place. With as many groups as channels the convolution is depthwise.
   */
  readonly groups?: number;
}

/** How a window slides over an image: square, with the same stride and padding on both spatial axes. */
export interface PoolAttributes {
  readonly kernel: number;
  readonly stride: number;
  /** Less than the kernel, so that every window has a pixel. Positions outside the image do not count. */
  readonly padding: number;
}

/** The integers of eight bits. */
export type EightBit = 'uint8' | 'int8';

/** Which numbers the integers stand for: the integer q for (q − zero) · scale. */
export interface QuantizeAttributes {
  readonly type: EightBit;
  /** One for all, or one per entry of the first axis; float32 numbers. */
  readonly scales: readonly number[];
  /** The integer that stands for 0. */
  readonly zero: number;
}

type None = Readonly<Record<string, never>>;

/** The attributes of each op; its keys are the ops. */
export interface Attributes {
  /** A value from outside: fed at each run, or resident state that runs may update. */
  input: { readonly name: string; readonly shape: Shape; readonly role: 'feed' | 'state' };
  constant: { readonly value: Tensor };

  negate: None;
  exp: None;
  /** The natural logarithm. */
  log: None;
  sqrt: None;
  erf: None;
  sigmoid: None;
  absolute: None;
  /** −1, 0 or 1. */
  sign: None;
  /** x if it is above 0, else 0. */
  relu: None;

  /** Binary ops broadcast like NumPy. */
  add: None;
  subtract: None;
  multiply: None;
  divide: None;
  minimum: None;
  /** 1 if the first is less than the second, else 0. */
  less: None;

  /** Sum over `axes`, which remain with size 1. */
  sum: { readonly axes: readonly number[] };
  /** e^x divided by its sum along the last axis. */
  softmax: None;
  /** (x − mean) / √(variance + epsilon) over the last axis. */
  normalize: { readonly epsilon: number };

  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  broadcast: { readonly shape: Shape };
  /** Entries start … end − 1 of one axis. */
  slice: { readonly axis: number; readonly start: number; readonly end: number };
  /** Zeros before and after one axis: the adjoint of `slice`. */
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  concat: { readonly axis: number };

  /** The nearest number that an 8-bit integer stands for; ties go to the even integer. */
  quantize: QuantizeAttributes;

  /** Matrix product over the last two axes; the leading axes broadcast. */
  matmul: None;
  /** x [N, I, H, W] with w [O, I/groups, kh, kw], and an optional bias [O]. */
  conv2d: ConvolutionAttributes;
  /** Gradient of conv2d with respect to x, from the output's gradient and w. */
  conv2dInputGradient: ConvolutionAttributes & { readonly inputShape: Shape };
  /** Gradient of conv2d with respect to w, from x and the output's gradient. */
  conv2dWeightGradient: ConvolutionAttributes & { readonly kernel: readonly [number, number] };
  /** Each pixel of [N, C, H, W] becomes 2×2 equal pixels. */
  upsample: None;
  /** Each 2×2 block of [N, C, H, W] becomes its sum: the adjoint of `upsample`. */
  sumPool: None;
  /** The largest value of each window of [N, C, H, W]. */
  maxPool: PoolAttributes;
  /** The mean of the pixels in each window of [N, C, H, W]. */
  averagePool: PoolAttributes;
}

/** The ops. */
export type OpName = keyof Attributes;

/** One value of the graph. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly inputs: readonly Node[];
  readonly attributes: Attributes[K];
  readonly shape: Shape;
  /** Larger than that of every earlier node: the order in which the computation was written. */
  readonly order: number;
}

/**
 * Whether a node has a given op; narrows its attributes.
 *
 * @example
 * ```ts
 * import { feed, isOp, square } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const y = square(feed('x', [2]));
 * assert.ok(isOp(y, 'multiply') && isOp(y.inputs[0], 'input') && y.inputs[0].attributes.name === 'x');
 * ```
 */
export const isOp = <K extends OpName>(node: Node, op: K): node is Node<K> => (node.op as OpName) === op;

/**
 * All nodes that `outputs` need, in the order in which they were made, so inputs before users. That is also a good
 * order to run them in: a gradient is built walking back from the loss, with everything just before its use.
 *
 * @example
 * ```ts
 * import { add, exp, feed, topologicalOrder } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = feed('x', []);
 * const y = exp(x);
 * assert.deepEqual(topologicalOrder([add(y, x)]).slice(0, 2), [x, y]);
 * ```
 */
export function topologicalOrder(outputs: readonly Node[]): Node[] {
  const needed = new Set(outputs);
  // Iterating a set also visits what is added meanwhile.
  for (const node of needed) for (const input of node.inputs) needed.add(input);
  return [...needed].sort((a, b) => a.order - b.order);
}
