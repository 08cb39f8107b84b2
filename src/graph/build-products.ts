/** The ops that do most of the work: matrix products, convolutions, and the resampling of images between them. */
import type { Shape } from '../math/shape.ts';
import { makeNode } from './make-node.ts';
import type { ConvolutionAttributes, Node, PoolAttributes } from './node.ts';

/**
 * Matrix product [… m, k] · [… k, n]; the leading axes broadcast.
 *
 * @throws RddmError if the inner sizes differ
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, matmul } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const a = constant(tensor([1, 2], [1, 2]));
 * const b = constant(tensor([2, 1], [3, 4]));
 * const [y] = evaluate([matmul(a, b)]);
 * assert.deepEqual([...y.data], [11]);
 * ```
 */
export const matmul = (a: Node, b: Node): Node => makeNode('matmul', [a, b], {});

/**
 * Convolution of images [N, I, H, W] with kernels [O, I/groups, kh, kw], without flipping, as networks define it.
 *
 * @param attributes stride, padding and, if the channels form several groups, `groups`: `groups` = I is depthwise
 * @param bias added to each output channel, [O]
 * @throws RddmError if the channels differ, the groups do not divide them, or the kernel does not fit
 *
 * @example
 * ```ts
 * import { conv2d, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const y = conv2d(feed('x', [1, 3, 8, 6]), feed('w', [5, 3, 4, 4]), { stride: 2, padding: 1 });
 * assert.deepEqual(y.shape, [1, 5, 4, 3]);
 * const depthwise = conv2d(y, feed('v', [5, 1, 3, 3]), { stride: 1, padding: 1, groups: 5 });
 * assert.deepEqual(depthwise.shape, y.shape);
 * ```
 */
export const conv2d = (x: Node, w: Node, attributes: ConvolutionAttributes, bias?: Node): Node =>
  makeNode('conv2d', bias ? [x, w, bias] : [x, w], attributes);

/**
 * The gradient of `conv2d` with respect to its images, from the gradient g of its result and its kernels w.
 *
 * @param attributes those of the convolution, and the shape of its images
 * @throws RddmError if g does not have the shape of that convolution's result
 *
 * @example
 * ```ts
 * import { conv2dInputGradient, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const attributes = { stride: 2, padding: 1, inputShape: [1, 3, 8, 6] };
 * const dx = conv2dInputGradient(feed('g', [1, 5, 4, 3]), feed('w', [5, 3, 4, 4]), attributes);
 * assert.deepEqual(dx.shape, [1, 3, 8, 6]);
 * ```
 */
export const conv2dInputGradient = (
  g: Node,
  w: Node,
  attributes: ConvolutionAttributes & { readonly inputShape: Shape },
): Node => makeNode('conv2dInputGradient', [g, w], attributes);

/**
 * The gradient of `conv2d` with respect to its kernels, from its images x and the gradient g of its result.
 *
 * @param attributes those of the convolution, and the size of its kernels
 * @throws RddmError if g does not have the shape of that convolution's result, or the groups do not divide the channels
 *
 * @example
 * ```ts
 * import { conv2dWeightGradient, feed } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const attributes = { stride: 2, padding: 1, kernel: [4, 4] } as const;
 * const dw = conv2dWeightGradient(feed('x', [1, 3, 8, 6]), feed('g', [1, 5, 4, 3]), attributes);
 * assert.deepEqual(dw.shape, [5, 3, 4, 4]);
 * const depthwise = { stride: 1, padding: 1, kernel: [3, 3], groups: 3 } as const;
 * const dv = conv2dWeightGradient(feed('x', [1, 3, 8, 6]), feed('g', [1, 3, 8, 6]), depthwise);
 * assert.deepEqual(dv.shape, [3, 1, 3, 3]);
 * ```
 */
export const conv2dWeightGradient = (
  x: Node,
  g: Node,
  attributes: ConvolutionAttributes & { readonly kernel: readonly [number, number] },
): Node => makeNode('conv2dWeightGradient', [x, g], attributes);

/**
 * Each pixel of [N, C, H, W] becomes 2×2 equal pixels.
 *
 * @throws RddmError if x is not an image
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, upsample } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([upsample(constant(tensor([1, 1, 1, 2], [1, 2])))]);
 * assert.deepEqual([...y.data], [1, 1, 2, 2, 1, 1, 2, 2]);
 * ```
 */
export const upsample = (x: Node): Node => makeNode('upsample', [x], {});

/**
 * Each 2×2 block of [N, C, H, W] becomes its sum.
 *
 * @throws RddmError if x is not an image with even sides
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, sumPool } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [y] = evaluate([sumPool(constant(tensor([1, 1, 2, 2], [1, 2, 3, 4])))]);
 * assert.deepEqual([...y.data], [10]);
 * ```
 */
export const sumPool = (x: Node): Node => makeNode('sumPool', [x], {});

/**
 * The largest pixel of each window of [N, C, H, W]; equal largest ones share the gradient.
 *
 * @throws RddmError if x is not an image, a window does not fit into it, or the padding is not below the kernel
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { constant, evaluate, maxPool } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = constant(tensor([1, 1, 1, 3], [-1, -2, -3]));
 * const [y] = evaluate([maxPool(x, { kernel: 3, stride: 2, padding: 1 })]);
 * assert.deepEqual([...y.data], [-1, -2]);
 * ```
 */
export const maxPool = (x: Node, attributes: PoolAttributes): Node => makeNode('maxPool', [x], attributes);

/**
 * The mean of the pixels in each window of [N, C, H, W]; padding does not count.
 *
 * @throws RddmError if x is not an image, a window does not fit into it, or the padding is not below the kernel
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { averagePool, constant, evaluate } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = constant(tensor([1, 1, 1, 3], [1, 2, 6]));
 * const [y] = evaluate([averagePool(x, { kernel: 3, stride: 1, padding: 1 })]);
 * assert.deepEqual([...y.data], [1.5, 3, 4]);
 * ```
 */
export const averagePool = (x: Node, attributes: PoolAttributes): Node => makeNode('averagePool', [x], attributes);
