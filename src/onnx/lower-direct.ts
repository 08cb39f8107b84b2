/**
 * Lowering of the convolution and its input gradient by operators of ONNX. The input gradient at stride 1 is a convolution
 * with flipped, transposed weights (twice as fast as ConvTranspose on the CPU), which is exact. The weight gradient is in
 * lower-weight-gradient.ts.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
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

export const directConvolution = (
  operands: readonly Name[],
  { image, stride, padding }: ConvolutionSizes,
  to: Lowering,
): Name => convolve(operands, image[1], attributesOf(stride, padding), to);

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

export function directInputGradient(
  [g, w]: readonly Name[],
  { image, result, kernel, stride, padding }: ConvolutionSizes,
  to: Lowering,
): Name {
  const [kernelHeight, kernelWidth] = kernel;
  if (stride === 1 && kernelHeight === kernelWidth && padding < kernelHeight) {
    const turned = flipped(w, kernel, to);
    return convolve([g, turned], result[1], attributesOf(1, kernelHeight - 1 - padding), to);
  }
  // Rows and columns that the stride left over get no gradient, yet must be there.
  const rest = (axis: 2 | 3, size: number): number => image[axis] + 2 * padding - size - (result[axis] - 1) * stride;
  return to.node('ConvTranspose', [g, w], {
    ...attributesOf(stride, padding),
    output_padding: { ints: [rest(2, kernelHeight), rest(3, kernelWidth)] },
  });
}
