/**
 * What a Fréchet distance needs from a set of pictures: mean and covariance of their features. The covariance is kept
 * as a factor R with C = Rᵀ R. With fewer pictures than features, R is the centred features themselves, so nothing is
 * squared and no eigenvalue of a singular matrix is rounded.
 */
import { expected } from '../math/errors.ts';
import { type Matrix, rowOf, timesTransposed, transposed } from '../math/matrix.ts';
import { semidefiniteFactor } from '../math/semidefinite-factor.ts';
import { type Shape, showShape } from '../math/shape.ts';

/** Features of pictures, [pictures, features]; a `Tensor` is one. */
export interface Features {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** A normal distribution of features. */
export interface Gaussian {
  readonly mean: Float64Array;
  /** R with covariance Rᵀ R: as many columns as features. */
  readonly factor: Matrix;
}

/** @throws RddmError if the features are not a table, not finite, or of fewer than two pictures */
function centred(features: Features, where: string): { mean: Float64Array; rows: Matrix } {
  const { shape, data } = features;
  const [count, size] = shape;
  if (shape.length !== 2 || data.length !== count * size) {
    throw expected(where, 'features [pictures, features]', `${showShape(shape)} of ${data.length} values`);
  }
  if (count < 2) throw expected(where, 'at least two pictures, since one picture has no covariance', String(count));
  if (!data.every(Number.isFinite)) throw expected(where, 'finite features', 'NaN or an infinite one');
  const rows = { rows: count, columns: size, data: Float64Array.from(data) };
  const mean = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    const row = rowOf(rows, i);
    for (let j = 0; j < size; j++) mean[j] += row[j] / count;
  }
  for (let i = 0; i < count; i++) {
    const row = rowOf(rows, i);
    for (let j = 0; j < size; j++) row[j] -= mean[j];
  }
  return { mean, rows };
}

/**
 * Mean and covariance of features, in float64, as computed by `numpy.mean` and `numpy.cov` (divisor n − 1).
 *
 * @param features at least two pictures
 * @returns the mean [features] and the covariance [features, features], row by row
 * @throws RddmError if there are fewer than two pictures, or a feature is not finite
 *
 * @example
 * ```ts
 * import { featureMoments, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { mean, covariance } = featureMoments(tensor([3, 1], [1, 2, 6]));
 * assert.deepEqual([...mean, ...covariance], [3, 7]);
 * ```
 */
export function featureMoments(features: Features): { mean: Float64Array; covariance: Float64Array } {
  const { mean, rows } = centred(features, 'featureMoments');
  const columns = transposed(rows);
  const covariance = timesTransposed(columns, columns, 'symmetric').data.map((value) => value / (rows.rows - 1));
  return { mean, covariance };
}

/** How much asymmetry float32 rounding may cause, relative to the largest value of a covariance. */
const ROUNDING = 1e-4;

/** @throws RddmError if a matrix is not symmetric, or a covariance exceeds what the two variances allow */
function requireCovariance(matrix: Matrix, where: string): void {
  const { rows: size, data } = matrix;
  const tolerance = ROUNDING * data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const [here, there] = [data[i * size + j], data[j * size + i]];
      if (Math.abs(here - there) > tolerance) {
        throw expected(where, 'a covariance, which is symmetric', `${here} and ${there} for features ${j} and ${i}`);
      }
      const [first, second] = [data[j * size + j], data[i * size + i]];
      if (2 * Math.abs(here) > first + second + tolerance) {
        const got = `${here} between features ${j} and ${i} of variances ${first} and ${second}`;
        throw expected(where, 'a covariance, at most the mean of two variances between them', got);
      }
    }
  }
}

/**
 * The normal distribution with a mean and a covariance.
 *
 * @param covariance symmetric, without negative eigenvalues; row by row
 * @param where the caller, for messages
 * @throws RddmError if the sizes do not fit, a value is not finite, or the matrix is not a covariance
 *
 * @example
 * ```ts
 * import { frechetDistance, gaussianOfMoments } from 'rddm';
 * import assert from 'node:assert/strict';
 * const narrow = gaussianOfMoments(Float64Array.of(0), Float64Array.of(1));
 * const wide = gaussianOfMoments(Float64Array.of(3), Float64Array.of(4));
 * assert.ok(Math.abs(frechetDistance(narrow, wide) - (3 ** 2 + (2 - 1) ** 2)) < 1e-12);
 * ```
 */
export function gaussianOfMoments(mean: Float64Array, covariance: Float64Array, where = 'gaussianOfMoments'): Gaussian {
  const size = mean.length;
  if (covariance.length !== size * size) {
    throw expected(where, `a covariance of ${size}x${size} values`, String(covariance.length));
  }
  if (!mean.every(Number.isFinite) || !covariance.every(Number.isFinite)) {
    throw expected(where, 'finite values', 'NaN or an infinite one');
  }
  const matrix = { rows: size, columns: size, data: covariance };
  requireCovariance(matrix, where);
  return { mean, factor: semidefiniteFactor(matrix, where) };
}

/**
 * The normal distribution fitted to features.
 *
 * @throws RddmError if there are fewer than two pictures, or a feature is not finite
 *
 * @example
 * ```ts
 * import { gaussianOfFeatures, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...gaussianOfFeatures(tensor([2, 2], [1, 2, 3, 4])).mean], [2, 3]);
 * ```
 */
export function gaussianOfFeatures(features: Features): Gaussian {
  if (features.shape[0] > features.shape[1]) {
    const { mean, covariance } = featureMoments(features);
    return gaussianOfMoments(mean, covariance);
  }
  const { mean, rows } = centred(features, 'gaussianOfFeatures');
  const root = Math.sqrt(rows.rows - 1);
  return { mean, factor: { ...rows, data: rows.data.map((value) => value / root) } };
}
