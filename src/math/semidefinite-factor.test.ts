import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Matrix, timesTransposed, transposed } from './matrix.ts';
import { createRandom } from './random.ts';
import { semidefiniteFactor } from './semidefinite-factor.ts';

const squareOf = (factor: Matrix): Matrix => timesTransposed(transposed(factor), transposed(factor), 'symmetric');
const difference = (a: Matrix, b: Matrix): number =>
  a.data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b.data[i])), 0);

test('the square of a factor is its matrix, at any rank', () => {
  for (const rank of [1, 3, 9, 12]) {
    const { normal } = createRandom(1, ['factor', rank]);
    const root = { rows: rank, columns: 9, data: Float64Array.from({ length: rank * 9 }, normal) };
    // A constant feature.
    for (let i = 0; i < rank; i++) root.data[i * 9 + 4] = 0;
    const matrix = squareOf(root);
    const factor = semidefiniteFactor(matrix);
    assert.equal(factor.rows, Math.min(rank, 8));
    assert.ok(difference(squareOf(factor), matrix) < 1e-13);
  }
});

test('the factor of a zero matrix has no rows', () => {
  assert.equal(semidefiniteFactor({ rows: 2, columns: 2, data: new Float64Array(4) }).rows, 0);
});

test('a matrix that has no square root is refused', () => {
  const square = (...values: number[]): Matrix => {
    const size = Math.sqrt(values.length);
    return { rows: size, columns: size, data: Float64Array.from(values) };
  };
  const refused =
    /^RddmError: semidefiniteFactor: expected a covariance without negative variance in any direction, got a variance of -/;
  for (const matrix of [square(1, 2, 2, 1), square(-4), square(4, 0, 0, -1), square(0, 1, 1, -1)]) {
    assert.throws(() => semidefiniteFactor(matrix), refused);
  }
});

test('a singular matrix may carry float32 rounding', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { normal } = createRandom(seed, ['rounded']);
    const root = { rows: 6, columns: 40, data: Float64Array.from({ length: 6 * 40 }, normal) };
    const matrix = squareOf(root);
    const rounded = { ...matrix, data: matrix.data.map(Math.fround) };
    assert.ok(difference(squareOf(semidefiniteFactor(rounded)), matrix) < 1e-3);
  }
});
