/**
 * A square root of a covariance: R with Rᵀ R = C, by Cholesky's method with pivots, which also takes singular matrices.
 * It stops when only rounding is left, so R has as many rows as the rank of C.
 */
import { expected } from './errors.ts';
import { type Matrix, rowOf } from './matrix.ts';

/** How far below zero float32 rounding may push a singular matrix, relative to its largest variance. */
const ROUNDING = 1e-3;

/**
 * Factors a symmetric matrix whose eigenvalues are not negative, apart from rounding.
 *
 * @throws RddmError if an eigenvalue is clearly negative, so that no real R exists
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
        const got = `a variance of ${negative.toPrecision(3)} after ${rank} directions were removed`;
        throw expected(where, 'a covariance without negative variance in any direction', got);
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
      // Earlier pivots are accounted for; what is left of them is rounding.
      row[j] = left[j] === Number.NEGATIVE_INFINITY ? 0 : row[j] / root;
      left[j] -= row[j] ** 2;
    }
    row[pivot] = root;
    left[pivot] = Number.NEGATIVE_INFINITY;
  }
  return factor;
}
