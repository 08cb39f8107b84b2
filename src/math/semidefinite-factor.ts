/**
 * A square root of a covariance: R with Rᵀ R = C, by Cholesky's method with pivots, which also takes singular matrices:
 * it ends where nothing but rounding is left, so that R has as many rows as C has rank.
 */
import { expected } from './errors.ts';
import { type Matrix, rowOf } from './matrix.ts';

/** What rounding to float32 may leave below zero of a singular matrix, over its largest variance. */
const ROUNDING = 1e-3;

/**
 * Factors a symmetric matrix without negative eigenvalues (but for rounding).
 *
 * @throws RddmError when it has a clearly negative one, so that no real R has this square
 */
export function semidefiniteFactor(matrix: Matrix, where = 'semidefiniteFactor'): Matrix {
  const size = matrix.rows;
  const data = new Float64Array(size * size);
  const factor = { rows: size, columns: size, data };
  const left = Float64Array.from({ length: size }, (_, i) => matrix.data[i * size + i]);
  const least = -ROUNDING * left.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const negligible = size * Number.EPSILON * left.reduce((largest, value) => Math.max(largest, value), 0);
  for (let rank = 0; rank < size; rank++) {
    const pivot = left.reduce((best, value, i) => (value > left[best] ? i : best), 0);
    if (!(left[pivot] > negligible)) {
      const negative = left.find((value) => value < least && value !== Number.NEGATIVE_INFINITY);
      if (negative !== undefined) {
        const got = `a variance of ${negative.toPrecision(3)} where ${rank} others are accounted for`;
        throw expected(where, 'a covariance, in no direction of which the variance is negative', got);
      }
      return { rows: rank, columns: size, data: data.slice(0, rank * size) };
    }
    const row = rowOf(factor, rank);
    row.set(rowOf(matrix, pivot));
    for (let k = 0; k < rank; k++) {
      const above = rowOf(factor, k);
      const share = above[pivot];
      if (share !== 0) for (let j = 0; j < size; j++) row[j] -= share * above[j];
    }
    const root = Math.sqrt(left[pivot]);
    for (let j = 0; j < size; j++) {
      // What was a pivot is accounted for; only rounding is left of it.
      row[j] = left[j] === Number.NEGATIVE_INFINITY ? 0 : row[j] / root;
      left[j] -= row[j] ** 2;
    }
    row[pivot] = root;
    left[pivot] = Number.NEGATIVE_INFINITY;
  }
  return factor;
}
