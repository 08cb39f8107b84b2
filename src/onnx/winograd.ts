/**
 * The constant matrices of Winograd's convolution with 3×3 kernels, in tiles of 4×4 results: 36 products per tile and
 * pair of channels instead of 144 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016).
 * Along one axis a tile's results are output · ((kernel · w) ⊙ (input · x)), exactly; in float32 to some 3e-6 of the
 * results' size.
 */

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** A bilinear algorithm along one axis; `input` has one row per product. */
export interface TileAlgorithm {
  /** Products from the pixels of a tile's window. */
  readonly input: Matrix;
  /** Products from the kernel's 3 weights. */
  readonly kernel: Matrix;
  /** The tile's results from the products. */
  readonly output: Matrix;
  /** Pixels from one tile's window to the next. */
  readonly step: number;
}

// Polynomials are multiplied by their values at 0, 1, −1, 2, −2 and infinity, one row each.
/** F(4, 3). */
export const plainTiles: TileAlgorithm = {
  input: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  kernel: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
  step: 4,
};

const withoutMinusOne = <T>(values: readonly T[]): T[] => values.filter((_, point) => point !== 2);
const fewer = {
  input: withoutMinusOne(plainTiles.input),
  kernel: withoutMinusOne(plainTiles.kernel),
  output: plainTiles.output.map(withoutMinusOne),
};

/**
 * F(4, 3) of an image whose pixels are doubled first, from the original image: a window of six doubled pixels has four
 * different ones. Doubling is a product with the polynomial 1 + x, which is 0 at −1, so the product at that point is
 * too: 25 products instead of 144.
 */
export const doubledTiles: TileAlgorithm = {
  ...fewer,
  input: fewer.input.map(([a, b, c, d, e, f]) => [a, b + c, d + e, f]),
  step: 2,
};

/** F(4, 3) whose results are summed in pairs, the adjoint of doubling: the product at −1 cancels. */
export const halvedTiles: TileAlgorithm = {
  ...fewer,
  output: [0, 2].map((row) => fewer.output[row].map((value, point) => value + fewer.output[row + 1][point])),
  step: 4,
};

/** Transposes a matrix. */
export const transposed = (matrix: Matrix): Matrix => matrix[0].map((_, column) => matrix.map((row) => row[column]));

/** The matrix that acts along both axes: the Kronecker square. */
export const alongBoth = (matrix: Matrix): Matrix =>
  matrix.flatMap((vertical) => matrix.map((horizontal) => vertical.flatMap((v) => horizontal.map((h) => v * h))));
