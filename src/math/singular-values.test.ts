import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Matrix } from './matrix.ts';
import { timesTransposed, transposed } from './matrix.ts';
import { createRandom } from './random.ts';
import { singularValues } from './singular-values.ts';

const of = (rows: number, columns: number, ...values: number[]): Matrix => ({
  rows,
  columns,
  data: Float64Array.from(values),
});
const random = (rows: number, columns: number): Matrix => {
  const { normal } = createRandom(1, ['singular values', rows, columns]);
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, normal) };
};
/** An orthogonal matrix: I − 2 v vᵀ / vᵀ v. */
function reflection(size: number): Matrix {
  const { data: v } = random(1, size);
  const squares = v.reduce((total, x) => total + x * x, 0);
  const entry = (i: number, j: number) => Number(i === j) - (2 * v[i] * v[j]) / squares;
  return of(size, size, ...Array.from({ length: size * size }, (_, k) => entry(Math.floor(k / size), k % size)));
}
const close = (given: Float64Array, wanted: readonly number[], tolerance: number) => {
  assert.equal(given.length, wanted.length);
  for (const [i, value] of given.entries()) {
    assert.ok(Math.abs(value - wanted[i]) <= tolerance, `${i}: ${value}, not ${wanted[i]}`);
  }
};

test('small matrices, checked by hand', () => {
  close(singularValues(of(2, 2, 3, 0, 0, -4)), [4, 3], 1e-15);
  close(singularValues(of(2, 2, 0, 2, 0, 0)), [2, 0], 1e-15);
  close(singularValues(of(1, 3, 1, 2, 2)), [3], 1e-15);
  close(singularValues(of(2, 1, 0, 0)), [0], 0);
  // [[3, 0], [4, 5]]: σ² are the eigenvalues of [[25, 20], [20, 25]].
  close(singularValues(of(2, 2, 3, 0, 4, 5)), [Math.sqrt(45), Math.sqrt(5)], 1e-14);
});

test('a matrix made from known singular values gives them back, also repeated, tiny and zero ones', () => {
  const wanted = [1e3, 7, 7, 7, 1, 1e-6, 1e-11, 0];
  const [left, right] = [reflection(12), reflection(8)];
  const middle = of(12, 8, ...Array.from({ length: 96 }, (_, k) => (k < 72 && k % 9 === 0 ? wanted[k / 9] : 0)));
  const matrix = timesTransposed(timesTransposed(left, transposed(middle)), right);
  close(singularValues(matrix), wanted, 1e-12);
  close(singularValues(transposed(matrix)), wanted, 1e-12);
});

test('their squares sum to those of the entries; their product is the determinant of a triangular matrix', () => {
  const matrix = random(60, 45);
  const squares = matrix.data.reduce((total, x) => total + x * x, 0);
  const values = singularValues(matrix);
  assert.ok(Math.abs(values.reduce((total, x) => total + x * x, 0) / squares - 1) < 1e-13);
  const triangle = random(20, 20);
  let logarithm = 0;
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < i; j++) triangle.data[i * 20 + j] = 0;
    logarithm += Math.log(Math.abs(triangle.data[i * 21]));
  }
  assert.ok(Math.abs(singularValues(triangle).reduce((total, x) => total + Math.log(x), 0) - logarithm) < 1e-8);
});

test('a non-finite entry is refused', () => {
  assert.throws(() => singularValues(of(1, 1, Number.NaN)), /singularValues: expected finite values/);
});
