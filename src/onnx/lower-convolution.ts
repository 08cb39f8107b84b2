/**
 * Lowering of the convolution and its gradients. The input gradient at stride 1 is a convolution
 * with flipped, transposed weights (twice as fast as ConvTranspose on the CPU); the weight gradient
 * is one matrix product of shifted copies. Both are exact.
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
function convolve(
  [x, w, ...bias]: readonly Name[],
  channels: number,
  attributes: ReturnType<typeof attributesOf>,
  to: Lowering,
): Name {
  if (to.provider !== 'webgpu' || channels % 3 !== 0 || channels === 3 || channels % 4 === 0) {
    return to.node('Conv', [x, w, ...bias], attributes);
  }
  const more = to.integers([0, 0, 0, 0, 0, 4 - (channels % 4), 0, 0]);
  return to.node('Conv', [to.node('Pad', [x, more]), to.node('Pad', [w, more]), ...bias], attributes);
}

export const lowerConv2d = (
  { inputs: [{ shape }], attributes: { stride, padding } }: Node<'conv2d'>,
  operands: readonly Name[],
  to: Lowering,
): Name => convolve(operands, shape[1], attributesOf(stride, padding), to);

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
    return convolve([g, turned], gradient.shape[1], attributesOf(1, kernelHeight - 1 - padding), to);
  }
  // Rows and columns that the stride left over get no gradient, yet must be there.
  const rest = (axis: 2 | 3, size: number): number =>
    inputShape[axis] + 2 * padding - size - (gradient.shape[axis] - 1) * stride;
  return to.node('ConvTranspose', [g, w], {
    ...attributesOf(stride, padding),
    output_padding: { ints: [rest(2, kernelHeight), rest(3, kernelWidth)] },
  });
}

/** A pair of sizes along height and width. */
type Pair = readonly [height: number, width: number];

/**
 * Copies of x, each channel's one behind the other: copy (ky, kx) at (y, x) is x at (y · stride + ky − padding,
 * x · stride + kx − padding), 0 outside. A convolution of each channel by itself with kernels of a single 1 makes them
 * all in one pass on all cores; slices would each be a pass of one core.
 */
function shiftedCopies(
  x: Name,
  channels: number,
  kernel: Pair,
  strides: Pair,
  padding: Pair,
  order: 'forward' | 'backward',
  to: Lowering,
): Name {
  const copies = kernel[0] * kernel[1];
  const data = new Float32Array(channels * copies * copies);
  for (let copy = 0; copy < channels * copies; copy++) {
    const position = copy % copies;
    data[copy * copies + (order === 'forward' ? position : copies - 1 - position)] = 1;
  }
  return to.node('Conv', [x, to.floats([channels * copies, 1, ...kernel], data)], {
    group: { int: channels },
    strides: { ints: strides },
    pads: { ints: [...padding, ...padding] },
  });
}

/** [N, A, positions] and [N, B, positions], summed over N and positions: [A, B]. */
function productOverPositions(
  a: Name,
  b: Name,
  [batch, rows, columns, positions]: readonly number[],
  to: Lowering,
): Name {
  const flat = (x: Name, channels: number): Name => to.node('Reshape', [x, to.integers([batch, channels, positions])]);
  // ONNX Runtime folds the transpose into the product.
  const transposed = to.node('Transpose', [flat(b, columns)], { perm: { ints: [0, 2, 1] } });
  const product = to.node('MatMul', [flat(a, rows), transposed]);
  return batch === 1 ? product : to.node('ReduceSum', [product, to.integers([0])], { keepdims: { int: 1 } });
}

export function lowerConv2dWeightGradient(
  node: Node<'conv2dWeightGradient'>,
  [x, g]: readonly Name[],
  to: Lowering,
): Name {
  const { stride, padding, kernel } = node.attributes;
  const [image, gradient] = node.inputs;
  const [batch, inChannels, , width] = image.shape;
  const [, outChannels, outHeight, outWidth] = gradient.shape;
  const [kernelHeight, kernelWidth] = kernel;

  if (stride > 1 || padding >= kernelWidth) {
    const copies = shiftedCopies(x, inChannels, kernel, [stride, stride], [padding, padding], 'forward', to);
    const columns = inChannels * kernelHeight * kernelWidth;
    const product = productOverPositions(g, copies, [batch, outChannels, columns, outHeight * outWidth], to);
    return to.node('Reshape', [product, to.integers(node.shape)]);
  }
  // A shift of x against g is one of x along the height and one of g, the other way, along the width: kh + kw copies
  // instead of kh · kw, and one large product with a block for each kernel position.
  const rows =
    kernelHeight === 1 && padding === 0
      ? x
      : shiftedCopies(x, inChannels, [kernelHeight, 1], [1, 1], [padding, 0], 'forward', to);
  const columns =
    kernelWidth === 1 && padding === 0
      ? g
      : shiftedCopies(g, outChannels, [1, kernelWidth], [1, 1], [0, kernelWidth - 1 - padding], 'backward', to);
  const sizes = [batch, outChannels * kernelWidth, inChannels * kernelHeight, outHeight * width];
  const product = productOverPositions(columns, rows, sizes, to);
  const blocks = to.node('Reshape', [product, to.integers([outChannels, kernelWidth, inChannels, kernelHeight])]);
  return to.node('Transpose', [blocks], { perm: { ints: [0, 2, 3, 1] } });
}
