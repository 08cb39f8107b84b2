/** Lowering of windows: ONNX pools ignore positions outside the image, like ours. */
import type { Node } from '../graph/node.ts';
import type { Lowering, Name } from './lowering.ts';

export const lowerPool =
  (opType: 'MaxPool' | 'AveragePool') =>
  ({ attributes }: Node<'maxPool' | 'averagePool'>, [x]: readonly Name[], to: Lowering): Name => {
    const { kernel, stride, padding } = attributes;
    return to.node(opType, [x], {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
    });
  };
