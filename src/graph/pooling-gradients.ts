/**
 * The gradients of pooling, in terms of existing ops: a convolution that puts the pixels of each window side by side,
 * as channels, and its adjoint, which adds them up at their origins.
 */
import { type Tensor, tensor } from '../math/tensor.ts';
import { constant, conv2d, conv2dInputGradient, divide, less, multiply, reshape, subtract, sum } from './build.ts';
import { evaluate } from './evaluate.ts';
import type { Node, PoolAttributes } from './node.ts';

/** Kernels [k², 1, k, k], each of a single 1. */
function places(kernel: number): Tensor {
  const count = kernel * kernel;
  return tensor(
    [count, 1, kernel, kernel],
    Float32Array.from({ length: count * count }, (_, i) => (i % count === Math.floor(i / count) ? 1 : 0)),
  );
}

/**
 * How an op's windows cover its image: the image one channel at a time, and 1 for each place [1, k², H, W] inside it.
 */
function windows({ inputs: [x], attributes, shape }: Node<'maxPool' | 'averagePool'>) {
  const { kernel, stride, padding }: PoolAttributes = attributes;
  const planes = [x.shape[0] * x.shape[1], 1, x.shape[2], x.shape[3]];
  const pixels = constant(tensor([1, 1, ...x.shape.slice(2)], new Float32Array(x.shape[2] * x.shape[3]).fill(1)));
  const [inside] = evaluate([conv2d(pixels, constant(places(kernel)), { stride, padding })]);
  return {
    placed: conv2d(reshape(x, planes), constant(places(kernel)), { stride, padding }),
    inside: constant(inside),
    /** A value of each window, repeated for its places. */
    beside: (y: Node): Node => reshape(y, [planes[0], 1, ...shape.slice(2)]),
    /** Adds up, for each pixel, the values of its places [N · C, k², H, W]. */
    gathered: (parts: Node): Node =>
      reshape(conv2dInputGradient(parts, constant(places(kernel)), { stride, padding, inputShape: planes }), x.shape),
  };
}

/** The gradient goes to the largest pixel, in equal parts if there are several. */
export function maxPoolGradient(y: Node<'maxPool'>, g: Node): Node {
  const { placed, inside, beside, gathered } = windows(y);
  // A place outside the image has the value 0 here, which may equal the largest.
  const largest = multiply(subtract(1, less(placed, beside(y))), inside);
  return gathered(multiply(largest, divide(beside(g), sum(largest, [1]))));
}

/** Each pixel of a window gets the same share. */
export function averagePoolGradient(y: Node<'averagePool'>, g: Node): Node {
  const { inside, beside, gathered } = windows(y);
  const share = divide(inside, sum(inside, [1]));
  return gathered(multiply(share, beside(g)));
}
