/**
 * Lowering of the convolution and its input gradient to operators of ONNX. The input gradient at stride 1 is a
 * convolution with flipped, transposed weights (twice as fast as ConvTranspose on the CPU), which is exact. The weight
 * gradient is in lower-weight-gradient.ts.
 *
 * Zeros work around two bugs of WebGPU's Conv (onnxruntime 1.30), which appear in small images as in large ones.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
import type { Lowering, Name } from './lowering.ts';

const square = (size: number): { ints: number[] } => ({ ints: [size, size] });

/** How a Conv or ConvTranspose slides, and in how many groups. */
const attributesOf = ({ stride, padding, groups }: ConvolutionSizes) => ({
  strides: square(stride),
  pads: { ints: [padding, padding, padding, padding] },
  ...(groups > 1 && { group: { int: groups } }),
});

/**
 * WebGPU mixes up the channels of an image in one group if their number is a multiple of 3, above 3, and not of 4, and
 * that of the results is a multiple of 4 (github.com/microsoft/onnxruntime/issues/29651). Added zeros do not change
 * other results.
 */
const mixesChannels = ({ image: [, channels], groups }: ConvolutionSizes): boolean =>
  groups === 1 && channels % 3 === 0 && channels > 3 && channels % 4 !== 0;

/** Adds channels of zeros up to a multiple of 4. */
function withMoreChannels([x, w, ...bias]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const more = to.integers([0, 0, 0, 0, 0, 4 - (sizes.image[1] % 4), 0, 0]);
  return to.node('Conv', [to.node('Pad', [x, more]), to.node('Pad', [w, more]), ...bias], attributesOf(sizes));
}

/**
 * WebGPU computes as many results at once as the largest of 4, 2 and 1 that divides all of them, and gives wrong ones
 * if a group has 4 or more results and that number does not divide them.
 */
function mixesResults({ result: [, results], groups }: ConvolutionSizes): boolean {
  const atOnce = [4, 2, 1].find((count) => results % count === 0) as number;
  const ofGroup = results / groups;
  return groups > 1 && ofGroup >= 4 && ofGroup % atOnce !== 0;
}

/** Adds kernels of zeros up to a multiple of 4 in each group; their results are cut off. */
function withMoreResults([x, ...parameters]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { image, result, kernel, groups } = sizes;
  const ofGroup = result[1] / groups;
  const whole = 4 * Math.ceil(ofGroup / 4);
  const shapes = [[image[1] / groups, ...kernel], []];
  const padded = parameters.map((parameter, i) => {
    const size = shapes[i].reduce((product, axis) => product * axis, 1);
    const rows = to.node('Reshape', [parameter, to.integers([groups, ofGroup * size])]);
    const longer = to.node('Pad', [rows, to.integers([0, 0, 0, (whole - ofGroup) * size])]);
    return to.node('Reshape', [longer, to.integers([groups * whole, ...shapes[i]])]);
  });
  const [batch, , height, width] = result;
  const all = to.reshape(to.node('Conv', [x, ...padded], attributesOf(sizes)), [batch, groups, whole, height * width]);
  const wanted = to.node('Slice', [all, to.integers([0]), to.integers([ofGroup]), to.integers([2])]);
  return to.reshape(wanted, result);
}

export function directConvolution(operands: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  if (to.provider === 'webgpu' && mixesChannels(sizes)) return withMoreChannels(operands, sizes, to);
  if (to.provider === 'webgpu' && mixesResults(sizes)) return withMoreResults(operands, sizes, to);
  return to.node('Conv', operands, attributesOf(sizes));
}

/** Swaps the channel axes of w [O, I/groups, kh, kw] within each group: [I, O/groups, kh, kw]. */
function swapped(w: Name, { image, result, kernel, groups }: ConvolutionSizes, to: Lowering): Name {
  if (groups === 1) return to.node('Transpose', [w], { perm: { ints: [1, 0, 2, 3] } });
  const [ofResult, ofImage] = [result[1] / groups, image[1] / groups];
  if (ofResult === 1 && ofImage === 1) return w;
  const shape = to.integers([image[1], ofResult, ...kernel]);
  if (ofResult === 1 || ofImage === 1) return to.node('Reshape', [w, shape]);
  const apart = to.node('Reshape', [w, to.integers([groups, ofResult, ofImage, ...kernel])]);
  return to.node('Reshape', [to.node('Transpose', [apart], { perm: { ints: [0, 2, 1, 3, 4] } }), shape]);
}

/** Reverses both axes of kernels [.., .., kh, kw]. */
function flipped(w: Name, [kernelHeight, kernelWidth]: readonly number[], to: Lowering): Name {
  if (kernelHeight === 1 && kernelWidth === 1) return w;
  const beforeFirst = -(2 ** 31);
  return to.node('Slice', [
    w,
    to.integers([-1, -1]),
    to.integers([beforeFirst, beforeFirst]),
    to.integers([2, 3]),
    to.integers([-1, -1]),
  ]);
}

export function directInputGradient([g, w]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { image, result, kernel, stride, padding } = sizes;
  const [kernelHeight, kernelWidth] = kernel;
  if (stride === 1 && kernelHeight === kernelWidth && padding < kernelHeight) {
    const turned = flipped(swapped(w, sizes, to), kernel, to);
    return directConvolution(
      [g, turned],
      { ...sizes, image: result, result: image, padding: kernelHeight - 1 - padding },
      to,
    );
  }
  // Rows and columns left over by the stride get no gradient, but must exist.
  const rest = (axis: 2 | 3, size: number): number => image[axis] + 2 * padding - size - (result[axis] - 1) * stride;
  return to.node('ConvTranspose', [g, w], {
    ...attributesOf(sizes),
    output_padding: { ints: [rest(2, kernelHeight), rest(3, kernelWidth)] },
  });
}
