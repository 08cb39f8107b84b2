/**
 * Lowering of a 3×3 convolution of stride 1 and its gradients by Winograd's algorithm: images and kernels are
 * transformed to products, [products, channels, tiles], so that the sum over channels is one matrix product for each of
 * the 36 (25 if the pixels are doubled first), and the result is transformed back.
 */
import type { ConvolutionSizes } from './convolution-sizes.ts';
import type { Lowering, Name } from './lowering.ts';
import { alongBoth, doubledTiles, halvedTiles, type Matrix, plainTiles, transposed } from './winograd.ts';

/**
 * The number of tiles per image from which the images of a batch are multiplied separately. ONNX Runtime then reads
 * transformed images in place, without reordering; with fewer tiles the products would be too narrow, and images are
 * joined.
 */
const FEWEST_APART = 64;

/** The number of tiles of `size` results that cover images. */
function tilesOf([batch, , height, width]: readonly number[], size: number) {
  const [down, across] = [Math.ceil(height / size), Math.ceil(width / size)];
  const ofImage = down * across;
  return { down, across, all: batch * ofImage, ofImage, apart: batch > 1 && ofImage >= FEWEST_APART };
}
type Tiles = ReturnType<typeof tilesOf>;

function constant(matrix: Matrix, shape: readonly number[], to: Lowering): Name {
  return to.floats(shape, Float32Array.from(matrix.flat()));
}

const permuted = (x: Name, permutation: readonly number[], to: Lowering): Name =>
  to.node('Transpose', [x], { perm: { ints: permutation } });

/**
 * The windows of images [N, C, H, W], transformed by [products, window]: [products, C, tiles] or [products, tiles, C],
 * with a first axis N if the images stay separate.
 */
function transformWindows(
  x: Name,
  [batch, channels, height, width]: readonly number[],
  { matrix, step, padding }: { matrix: Matrix; step: number; padding: number },
  tiles: Tiles,
  order: 'channels first' | 'tiles first',
  to: Lowering,
): Name {
  const window = matrix[0].length;
  const after = (count: number, size: number): number => (count - 1) * step + window - padding - size;
  const planes = to.reshape(batch === 1 ? x : permuted(x, [1, 0, 2, 3], to), [channels * batch, 1, height, width]);
  const products = matrix.length ** 2;
  const weights = constant(alongBoth(matrix), [products, 1, window, window], to);
  const values = to.node('Conv', [planes, weights], {
    strides: { ints: [step, step] },
    pads: { ints: [padding, padding, after(tiles.down, height), after(tiles.across, width)] },
  });
  // ONNX Runtime folds the transpose into the matrix product if images are not joined.
  if (batch === 1) {
    const flat = to.reshape(values, [channels, products, tiles.all], 2);
    return permuted(flat, order === 'channels first' ? [1, 0, 2] : [1, 2, 0], to);
  }
  const parts = to.reshape(values, [channels, batch, products, tiles.ofImage], 1);
  if (tiles.apart) return permuted(parts, order === 'channels first' ? [1, 2, 0, 3] : [1, 2, 3, 0], to);
  const joined = to.reshape(permuted(parts, [2, 0, 1, 3], to), [products, channels, tiles.all], 2);
  return order === 'channels first' ? joined : permuted(joined, [0, 2, 1], to);
}

/** Kernels [A, B, 3, 3] as [products, A, B]. */
function transformKernels(w: Name, matrix: Matrix, [a, b]: readonly number[], to: Lowering): Name {
  const both = constant(alongBoth(matrix), [matrix.length ** 2, 9], to);
  const columns = permuted(to.reshape(w, [a * b, 9]), [1, 0], to);
  return to.reshape(to.node('MatMul', [both, columns]), [matrix.length ** 2, a, b]);
}

/** The images [N, C, H, W] of the tiles' results, from products [products, C, tiles] or [N, products, C, tiles]. */
function assembleTiles(
  products: Name,
  matrix: Matrix,
  [batch, channels, height, width]: readonly number[],
  tiles: Tiles,
  to: Lowering,
): Name {
  const [size, count] = [matrix.length, matrix[0].length ** 2];
  const flat = tiles.apart
    ? to.reshape(products, [batch, count, channels * tiles.ofImage])
    : to.reshape(products, [count, channels * tiles.all], 1);
  const results = to.node('MatMul', [constant(alongBoth(matrix), [size ** 2, count], to), flat]);
  const deep = tiles.apart
    ? to.reshape(results, [batch, size ** 2 * channels, tiles.down, tiles.across])
    : to.reshape(results, [1, size ** 2 * channels * batch, tiles.down, tiles.across], 1);
  const whole = to.node('DepthToSpace', [deep], { blocksize: { int: size } });
  const exact =
    height % size === 0 && width % size === 0
      ? whole
      : to.node('Slice', [whole, to.integers([0, 0]), to.integers([height, width]), to.integers([2, 3])]);
  if (batch === 1 || tiles.apart) return to.reshape(exact, [batch, channels, height, width]);
  return permuted(to.reshape(exact, [channels, batch, height, width], 1), [1, 0, 2, 3], to);
}

/** The convolution of images x [N, I, H, W] with kernels w [O, I, 3, 3]. */
export function winogradConvolution([x, w, bias]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { input, kernel, output, step } = sizes.upsampled ? doubledTiles : plainTiles;
  const { image, result, padding } = sizes;
  const tiles = tilesOf(result, output.length);
  const images = transformWindows(x, image, { matrix: input, step, padding }, tiles, 'channels first', to);
  const kernels = transformKernels(w, kernel, [result[1], image[1]], to);
  const convolved = assembleTiles(to.node('MatMul', [kernels, images]), output, result, tiles, to);
  return bias ? to.node('Add', [convolved, to.reshape(bias, [result[1], 1, 1])]) : convolved;
}

/** The gradient for the images, from that of the results: a convolution with flipped kernels and swapped channels. */
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

/** Whether kernels have fewer values than would be reordered to sum them over all images at once. */
const smallSums = ({ image, result }: ConvolutionSizes, { ofImage }: Tiles): boolean =>
  image[1] * result[1] < (image[1] + result[1]) * ofImage;

/** The gradient for the kernels: the same algorithm, seen from the kernels. */
export function winogradWeightGradient([x, g]: readonly Name[], sizes: ConvolutionSizes, to: Lowering): Name {
  const { input, kernel, output, step } = sizes.upsampled ? doubledTiles : plainTiles;
  const { image, result, padding } = sizes;
  const counted = tilesOf(result, output.length);
  const tiles = { ...counted, apart: counted.apart && smallSums(sizes, counted) };
  const images = transformWindows(x, image, { matrix: input, step, padding }, tiles, 'tiles first', to);
  const ofTiles = { matrix: transposed(output), step: output.length, padding: 0 };
  const gradients = transformWindows(g, result, ofTiles, tiles, 'channels first', to);
  const pairs = result[1] * image[1];
  // For separate images, the last product sums over images, and has as many rows.
  const times = tiles.apart ? image[0] : 1;
  const products = to.reshape(to.node('MatMul', [gradients, images]), [times * kernel.length ** 2, pairs]);
  const both = constant(
    Array.from({ length: times }, () => alongBoth(kernel)).flat(),
    [times * kernel.length ** 2, 9],
    to,
  );
  const weights = to.node('MatMul', [permuted(products, [1, 0], to), both]);
  return to.reshape(weights, [result[1], image[1], 3, 3]);
}
