/**
 * Lowering of a 3×3 convolution of stride 1 and of its gradients by Winograd's algorithm: images and kernels are
 * transformed to products, [products, channels, tiles], where the sum over channels is one matrix product for each of
 * the 36 (25 where the pixels are doubled first), and the result is transformed back.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
import type { Lowering, Name } from './lowering.ts';
import { alongBoth, doubledTiles, halvedTiles, type Matrix, plainTiles, transposed } from './winograd.ts';

/** How many tiles of `size` results cover images. */
function tilesOf([batch, , height, width]: readonly number[], size: number) {
  const [down, across] = [Math.ceil(height / size), Math.ceil(width / size)];
  return { down, across, all: batch * down * across };
}

// Constants are written anew each time: equal ones would let ONNX Runtime share the transformed images of the forward
// and the backward pass, and keep them, more than twice as large as the images, all the time between.
function constant(matrix: Matrix, shape: readonly number[], to: Lowering): Name {
  return to.floats(shape, Float32Array.from(matrix.flat()));
}

const reshaped = (x: Name, shape: readonly number[], to: Lowering): Name => to.node('Reshape', [x, to.integers(shape)]);

const permuted = (x: Name, permutation: readonly number[], to: Lowering): Name =>
  to.node('Transpose', [x], { perm: { ints: permutation } });

/**
 * The windows of an image [N, C, H, W], transformed by [products, window]: [products, C, tiles], or [products, tiles, C].
 */
function transformWindows(
  x: Name,
  [batch, channels, height, width]: readonly number[],
  { matrix, step, padding }: { matrix: Matrix; step: number; padding: number },
  tiles: ReturnType<typeof tilesOf>,
  order: 'channels first' | 'tiles first',
  to: Lowering,
): Name {
  const window = matrix[0].length;
  const after = (count: number, size: number): number => (count - 1) * step + window - padding - size;
  const planes = reshaped(batch === 1 ? x : permuted(x, [1, 0, 2, 3], to), [channels * batch, 1, height, width], to);
  const products = matrix.length ** 2;
  const weights = constant(alongBoth(matrix), [products, 1, window, window], to);
  const values = to.node('Conv', [planes, weights], {
    strides: { ints: [step, step] },
    pads: { ints: [padding, padding, after(tiles.down, height), after(tiles.across, width)] },
  });
  // ONNX Runtime folds the transpose into the product of matrices where there is one image.
  if (batch === 1) {
    const flat = reshaped(values, [channels, products, tiles.all], to);
    return permuted(flat, order === 'channels first' ? [1, 0, 2] : [1, 2, 0], to);
  }
  const parts = reshaped(values, [channels, batch, products, tiles.all / batch], to);
  const joined = reshaped(permuted(parts, [2, 0, 1, 3], to), [products, channels, tiles.all], to);
  return order === 'channels first' ? joined : permuted(joined, [0, 2, 1], to);
}

/** Kernels [A, B, 3, 3] as [products, A, B]. */
function transformKernels(w: Name, matrix: Matrix, [a, b]: readonly number[], to: Lowering): Name {
  const both = constant(alongBoth(matrix), [matrix.length ** 2, 9], to);
  const columns = permuted(reshaped(w, [a * b, 9], to), [1, 0], to);
  return reshaped(to.node('MatMul', [both, columns]), [matrix.length ** 2, a, b], to);
}

/** Products [products, C, tiles] as the image [N, C, H, W] of the tiles' results. */
function assembleTiles(
  products: Name,
  matrix: Matrix,
  [batch, channels, height, width]: readonly number[],
  tiles: ReturnType<typeof tilesOf>,
  to: Lowering,
): Name {
  const [size, count] = [matrix.length, matrix[0].length ** 2];
  const flat = reshaped(products, [count, channels * tiles.all], to);
  const results = to.node('MatMul', [constant(alongBoth(matrix), [size ** 2, count], to), flat]);
  const deep = reshaped(results, [1, size ** 2 * channels * batch, tiles.down, tiles.across], to);
  const whole = to.node('DepthToSpace', [deep], { blocksize: { int: size } });
  const exact =
    height % size === 0 && width % size === 0
      ? whole
      : to.node('Slice', [whole, to.integers([0, 0]), to.integers([height, width]), to.integers([2, 3])]);
  if (batch === 1) return exact;
  return permuted(reshaped(exact, [channels, batch, height, width], to), [1, 0, 2, 3], to);
}

/** The convolution of images x [N, I, H, W] with kernels w [O, I, 3, 3]. */
export function winogradConvolution([x, w, bias]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { input, kernel, output, step } = sizes.upsampled ? doubledTiles : plainTiles;
  const { image, result, padding } = sizes;
  const tiles = tilesOf(result, output.length);
  const images = transformWindows(x, image, { matrix: input, step, padding }, tiles, 'channels first', to);
  const kernels = transformKernels(w, kernel, [result[1], image[1]], to);
  const convolved = assembleTiles(to.node('MatMul', [kernels, images]), output, result, tiles, to);
  return bias ? to.node('Add', [convolved, reshaped(bias, [result[1], 1, 1], to)]) : convolved;
}

/** The gradient for the images, from that of the results: a convolution with the kernels turned and their channels swapped. */
export function winogradInputGradient([g, w]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { input, kernel, output, step } = sizes.upsampled ? halvedTiles : plainTiles;
  const { image, result, padding } = sizes;
  const tiles = tilesOf(image, output.length);
  const windows = { matrix: input, step, padding: 2 - padding };
  const gradients = transformWindows(g, result, windows, tiles, 'channels first', to);
  const turned = kernel.map((row) => row.toReversed());
  const kernels = permuted(transformKernels(w, turned, [result[1], image[1]], to), [0, 2, 1], to);
  return assembleTiles(to.node('MatMul', [kernels, gradients]), output, image, tiles, to);
}

/** The gradient for the kernels: the same algorithm, seen from the kernels. */
export function winogradWeightGradient([x, g]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { input, kernel, output, step } = sizes.upsampled ? doubledTiles : plainTiles;
  const { image, result, padding } = sizes;
  const tiles = tilesOf(result, output.length);
  const images = transformWindows(x, image, { matrix: input, step, padding }, tiles, 'tiles first', to);
  const ofTiles = { matrix: transposed(output), step: output.length, padding: 0 };
  const gradients = transformWindows(g, result, ofTiles, tiles, 'channels first', to);
  const pairs = result[1] * image[1];
  const products = reshaped(to.node('MatMul', [gradients, images]), [kernel.length ** 2, pairs], to);
  const both = constant(alongBoth(kernel), [kernel.length ** 2, 9], to);
  const weights = to.node('MatMul', [permuted(products, [1, 0], to), both]);
  return reshaped(weights, [result[1], image[1], 3, 3], to);
}
