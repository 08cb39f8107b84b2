/**
 * Lowering of `sum`. ONNX Runtime's ReduceSum over a middle axis, as of the channels of each pixel, runs at 2.6 GB/s on two
 * cores; the same sum as a product with a row of ones runs as fast as memory gives.
 */
import type { Node } from '../graph/node.ts';
import { elementCount } from '../math/shape.ts';
import type { Lowering, Name } from './lowering.ts';

export function lowerSum(
  { inputs: [{ shape: from }], shape, attributes: { axes } }: Node<'sum'>,
  [x]: readonly Name[],
  to: Lowering,
): Name {
  if (axes.length === 0) return x;
  const [axis] = axes;
  const inner = elementCount(from.slice(axis + 1));
  if (to.provider === 'cpu' && axes.length === 1 && inner > 1) {
    const rows = to.node('Reshape', [x, to.integers([elementCount(from.slice(0, axis)), from[axis], inner])]);
    const ones = to.floats([1, from[axis]], new Float32Array(from[axis]).fill(1));
    return to.node('Reshape', [to.node('MatMul', [ones, rows]), to.integers(shape)]);
  }
  return to.node('ReduceSum', [x, to.integers(axes)], { keepdims: { int: 1 } });
}
