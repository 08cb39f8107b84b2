/** Compares the algorithms in float64 with the sums they compute, in one dimension and in two. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  alongBoth,
  doubledTiles,
  halvedTiles,
  type Matrix,
  plainTiles,
  type TileAlgorithm,
  transposed,
} from './winograd.ts';

const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));

/** A tile's results: output · ((kernel · w) ⊙ (input · x)). */
function computed({ input, kernel, output }: TileAlgorithm, x: readonly number[], w: readonly number[]): number[] {
  const [ofKernel, ofInput] = [times(kernel, w), times(input, x)];
  return times(
    output,
    ofKernel.map((value, i) => value * ofInput[i]),
  );
}

/** Every sum of three neighbours, weighed. */
const convolved = (x: readonly number[], w: readonly number[]): number[] =>
  x.slice(2).map((_, i) => w.reduce((sum, weight, k) => sum + weight * x[i + k], 0));

/** The doubled pixels that a tile's results need: with padding 1, windows begin and end between two equal ones. */
const doubledWindow = (x: readonly number[]): number[] => x.flatMap((value) => [value, value]).slice(1, -1);

const summedByTwos = (y: readonly number[]): number[] =>
  y.flatMap((value, i) => (i % 2 === 0 ? [value + y[i + 1]] : []));

/** The result of each algorithm for a window. */
const wanted: Readonly<Record<string, { tiles: TileAlgorithm; of: typeof convolved }>> = {
  'a convolution': { tiles: plainTiles, of: convolved },
  'a convolution of doubled pixels': { tiles: doubledTiles, of: (x, w) => convolved(doubledWindow(x), w) },
  'a convolution whose results are summed by twos': {
    tiles: halvedTiles,
    of: (x, w) => summedByTwos(convolved(x, w)),
  },
};

const numbers = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= 1e-12, `${value} and ${expected[i]} at ${i}`);
  });
}

for (const [name, { tiles, of }] of Object.entries(wanted)) {
  const window = tiles.input[0].length;

  describe(name, () => {
    test('along one axis', () => {
      fc.assert(fc.property(numbers(window), numbers(3), (x, w) => assertClose(computed(tiles, x, w), of(x, w))));
    });

    test('along both axes', () => {
      const both = {
        ...tiles,
        input: alongBoth(tiles.input),
        kernel: alongBoth(tiles.kernel),
        output: alongBoth(tiles.output),
      };
      const rowsOf = (flat: readonly number[], width: number): number[][] =>
        Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));
      // Separable kernels: the two-dimensional sum is one along the rows after one along the columns.
      fc.assert(
        fc.property(numbers(window ** 2), numbers(3), numbers(3), (x, vertical, horizontal) => {
          const w = vertical.flatMap((v) => horizontal.map((h) => v * h));
          const along = rowsOf(x, window).map((row) => of(row, horizontal));
          const down = transposed(along).map((column) => of(column, vertical));
          assertClose(computed(both, x, w), transposed(down).flat());
        }),
      );
    });

    test('neighbouring tiles together make the whole row', () => {
      const size = tiles.output.length;
      const length = window + tiles.step;
      fc.assert(
        fc.property(numbers(length), numbers(3), (x, w) => {
          const [first, second] = [x.slice(0, window), x.slice(tiles.step)].map((part) => computed(tiles, part, w));
          assertClose([...first, ...second], of(x, w).slice(0, 2 * size));
        }),
      );
    });
  });
}

test('the gradient for the kernels is the same algorithm, transposed', () => {
  for (const { tiles, of } of Object.values(wanted)) {
    const [window, size] = [tiles.input[0].length, tiles.output.length];
    fc.assert(
      fc.property(numbers(window), numbers(size), (x, g) => {
        const [ofInput, ofResult] = [times(tiles.input, x), times(transposed(tiles.output), g)];
        const gradient = times(
          transposed(tiles.kernel),
          ofInput.map((value, i) => value * ofResult[i]),
        );
        const units = [0, 1, 2].map((k) => [0, 1, 2].map((i) => (i === k ? 1 : 0)));
        assertClose(
          gradient,
          units.map((unit) => of(x, unit).reduce((sum, value, i) => sum + value * g[i], 0)),
        );
      }),
    );
  }
});

test('doubled and halved pixels need 5 products along an axis instead of 6', () => {
  assert.deepEqual(
    [plainTiles, doubledTiles, halvedTiles].map(({ input, kernel, output }) => [
      input.length,
      kernel.length,
      output[0].length,
    ]),
    [
      [6, 6, 6],
      [5, 5, 5],
      [5, 5, 5],
    ],
  );
});

test('rows become columns, and back', () => {
  const matrix = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  assert.deepEqual(transposed(matrix), [
    [1, 4],
    [2, 5],
    [3, 6],
  ]);
  assert.deepEqual(transposed(transposed(matrix)), matrix);
});

test('along both axes: rows first, then columns', () => {
  const matrix = [
    [1, 2],
    [0, 3],
  ];
  assert.deepEqual(alongBoth(matrix), [
    [1, 2, 2, 4],
    [0, 3, 0, 6],
    [0, 0, 3, 6],
    [0, 0, 0, 9],
  ]);
});
