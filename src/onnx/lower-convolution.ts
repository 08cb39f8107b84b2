/**
 * Lowering of the convolution and its gradients. The input gradient at stride 1 is a convolution
 * with flipped, transposed weights (twice as fast as ConvTranspose on the CPU); the weight gradient
 * is one matrix product a kernel position. Both are exact.
 */
import type { Node } from '../graph/node.ts';
import type { Lowering, Name } from './lowering.ts';

const square = (size: number): { ints: number[] } => ({ ints: [size, size] });

const attributesOf = (stride: number, padding: number) => ({
  strides: square(stride),
  pads: { ints: [padding, padding, padding, padding] },
});

/**
 * A convolution over `channels`. WebGPU's own (onnxruntime 1.30) mixes channels up where their number is a multiple
 * of 3, above 3, and not of 4 (github.com/microsoft/onnxruntime/issues/29651): channels of zeros make it one of 4.
 */
function convolve(x: Name, w: Name, channels: number, attributes: ReturnType<typeof attributesOf>, to: Lowering): Name {
  if (to.provider !== 'webgpu' || channels % 3 !== 0 || channels === 3 || channels % 4 === 0) {
    return to.node('Conv', [x, w], attributes);
  }
  const more = to.integers([0, 0, 0, 0, 0, 4 - (channels % 4), 0, 0]);
  return to.node('Conv', [to.node('Pad', [x, more]), to.node('Pad', [w, more])], attributes);
}

export const lowerConv2d = (
  { inputs: [{ shape }], attributes: { stride, padding } }: Node<'conv2d'>,
  [x, w]: readonly Name[],
  to: Lowering,
): Name => convolve(x, w, shape[1], attributesOf(stride, padding), to);

/** Reverses both kernel axes and swaps the channel axes of w [O, I, kh, kw]. */
function flipped(w: Name, [kernelHeight, kernelWidth]: readonly number[], to: Lowering): Name {
  const swapped = to.node('Transpose', [w], { perm: { ints: [1, 0, 2, 3] } });
  if (kernelHeight === 1 && kernelWidth === 1) return swapped;
  const beforeFirst = -(2 ** 31);
  return to.node('Slice', [
    swapped,
    to.integers([-1, -1]),
    to.integers([beforeFirst, beforeFirst]),
    to.integers([2, 3]),
    to.integers([-1, -1]),
  ]);
}

export function lowerConv2dInputGradient(
  node: Node<'conv2dInputGradient'>,
  [g, w]: readonly Name[],
  to: Lowering,
): Name {
  const { stride, padding, inputShape } = node.attributes;
  const [gradient, kernel] = node.inputs;
  const [kernelHeight, kernelWidth] = kernel.shape.slice(2);
  if (stride === 1 && kernelHeight === kernelWidth && padding < kernelHeight) {
    const turned = flipped(w, [kernelHeight, kernelWidth], to);
    return convolve(g, turned, gradient.shape[1], attributesOf(1, kernelHeight - 1 - padding), to);
  }
  // Rows and columns that the stride left over get no gradient, yet must be there.
  const rest = (axis: 2 | 3, size: number): number =>
    inputShape[axis] + 2 * padding - size - (gradient.shape[axis] - 1) * stride;
  return to.node('ConvTranspose', [g, w], {
    ...attributesOf(stride, padding),
    output_padding: { ints: [rest(2, kernelHeight), rest(3, kernelWidth)] },
  });
}

export function lowerConv2dWeightGradient(
  node: Node<'conv2dWeightGradient'>,
  [x, g]: readonly Name[],
  to: Lowering,
): Name {
  const { stride, padding, kernel } = node.attributes;
  const [image, gradient] = node.inputs;
  const [batch, inChannels] = image.shape;
  const [, outChannels, outHeight, outWidth] = gradient.shape;
  const positions = outHeight * outWidth;

  const flatGradient = to.node('Reshape', [g, to.integers([batch, outChannels, positions])]);
  const padded = padding === 0 ? x : to.node('Pad', [x, to.integers([0, 0, padding, padding, 0, 0, padding, padding])]);

  const products: Name[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const whole = padding === 0 && kernel[0] === 1 && kernel[1] === 1 && stride === 1;
      const window = whole
        ? padded
        : to.node('Slice', [
            padded,
            to.integers([ky, kx]),
            to.integers([ky + (outHeight - 1) * stride + 1, kx + (outWidth - 1) * stride + 1]),
            to.integers([2, 3]),
            to.integers([stride, stride]),
          ]);
      const flat = to.node('Reshape', [window, to.integers([batch, inChannels, positions])]);
      // [N, O, P] · [N, P, I]: ONNX Runtime folds the transpose into the product.
      products.push(to.node('MatMul', [flatGradient, to.node('Transpose', [flat], { perm: { ints: [0, 2, 1] } })]));
    }
  }
  const overBatch = (product: Name): Name =>
    batch === 1 ? product : to.node('ReduceSum', [product, to.integers([0])], { keepdims: { int: 1 } });
  if (products.length === 1) {
    return to.node('Reshape', [overBatch(products[0]), to.integers([outChannels, inChannels, 1, 1])]);
  }
  const columns = products.map((product) =>
    to.node('Reshape', [overBatch(product), to.integers([outChannels, inChannels, 1])]),
  );
  const stacked = to.node('Concat', columns, { axis: { int: 2 } });
  return to.node('Reshape', [stacked, to.integers([outChannels, inChannels, ...kernel])]);
}
