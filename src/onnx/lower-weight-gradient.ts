/**
 * Lowering of the gradient of a convolution with respect to its kernel: a sum over positions of products of x and g,
 * shifted against each other by the place in the kernel. Both ways are exact.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
import type { Lowering, Name } from './lowering.ts';

/** A pair of sizes along height and width. */
type Pair = readonly [height: number, width: number];

/**
 * Copies of x, those of each channel in sequence: copy (ky, kx) at (y, x) is x at (y · stride + ky − padding, x ·
 * stride + kx − padding), 0 outside. A depthwise convolution with kernels of a single 1 makes them all in one pass on
 * all cores; slices would each be a pass on one core.
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

/**
 * Sums products of [N, A, positions] and [N, B, positions] over N and positions, each group of A with the group of B at
 * the same place: [groups, A/groups, B/groups], without the first axis if it is 1.
 */
function productOverPositions(
  a: Name,
  b: Name,
  {
    batch,
    groups,
    rows,
    columns,
    positions,
  }: Readonly<Record<'batch' | 'groups' | 'rows' | 'columns' | 'positions', number>>,
  to: Lowering,
): Name {
  const apart = groups === 1 ? [] : [groups];
  const flat = (x: Name, channels: number): Name => to.reshape(x, [batch, ...apart, channels / groups, positions]);
  // ONNX Runtime folds the transpose into the product.
  const transposed = to.node('Transpose', [flat(b, columns)], {
    perm: { ints: groups === 1 ? [0, 2, 1] : [0, 1, 3, 2] },
  });
  const product = to.node('MatMul', [flat(a, rows), transposed]);
  return batch === 1 ? product : to.node('ReduceSum', [product, to.integers([0])], { keepdims: { int: 1 } });
}

/** One product of all shifted copies. */
function ofShiftedCopies([x, g]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { stride, padding, groups } = sizes;
  const [batch, inChannels, , width] = sizes.image;
  const [, outChannels, outHeight, outWidth] = sizes.result;
  const [kernelHeight, kernelWidth] = sizes.kernel;
  const inGroup = inChannels / groups;

  if (stride > 1 || padding >= kernelWidth) {
    const copies = shiftedCopies(
      x,
      inChannels,
      [kernelHeight, kernelWidth],
      [stride, stride],
      [padding, padding],
      'forward',
      to,
    );
    const columns = inChannels * kernelHeight * kernelWidth;
    const all = { batch, groups, rows: outChannels, columns, positions: outHeight * outWidth };
    const product = productOverPositions(g, copies, all, to);
    return to.node('Reshape', [product, to.integers([outChannels, inGroup, kernelHeight, kernelWidth])]);
  }
  // A shift of x against g is one of x along the height and one of g, in the other direction, along the width: kh + kw
  // copies instead of kh · kw, and one large product with a block for each kernel position.
  const rows =
    kernelHeight === 1 && padding === 0
      ? x
      : shiftedCopies(x, inChannels, [kernelHeight, 1], [1, 1], [padding, 0], 'forward', to);
  const columns =
    kernelWidth === 1 && padding === 0
      ? g
      : shiftedCopies(g, outChannels, [1, kernelWidth], [1, 1], [0, kernelWidth - 1 - padding], 'backward', to);
  const all = {
    ...{ batch, groups, positions: outHeight * width },
    ...{ rows: outChannels * kernelWidth, columns: inChannels * kernelHeight },
  };
  const product = productOverPositions(columns, rows, all, to);
  const blocks = to.node('Reshape', [product, to.integers([outChannels, kernelWidth, inGroup, kernelHeight])]);
  return to.node('Transpose', [blocks], { perm: { ints: [0, 2, 3, 1] } });
}

/** One product for each place in the kernel, of a window that a slice cuts out. */
function ofWindows([x, g]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { stride, padding, kernel, groups } = sizes;
  const [batch, inChannels] = sizes.image;
  const [, outChannels, height, width] = sizes.result;
  const all = { batch, groups, rows: outChannels, columns: inChannels, positions: height * width };
  const padded = padding === 0 ? x : to.node('Pad', [x, to.integers([0, 0, padding, padding, 0, 0, padding, padding])]);
  const columns: Name[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const window = to.node('Slice', [
        padded,
        to.integers([ky, kx]),
        to.integers([ky + (height - 1) * stride + 1, kx + (width - 1) * stride + 1]),
        to.integers([2, 3]),
        to.integers([stride, stride]),
      ]);
      const product = productOverPositions(g, window, all, to);
      columns.push(to.node('Reshape', [product, to.integers([outChannels, inChannels / groups, 1])]));
    }
  }
  return to.node('Reshape', [
    to.node('Concat', columns, { axis: { int: 2 } }),
    to.integers([outChannels, inChannels / groups, ...kernel]),
  ]);
}

export function directWeightGradient(operands: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  // WebGPU's grouped convolution (onnxruntime 1.30) gives wrong copies for some numbers of channels.
  return to.provider === 'webgpu' ? ofWindows(operands, sizes, to) : ofShiftedCopies(operands, sizes, to);
}
