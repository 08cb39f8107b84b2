/**
 * The Fréchet distance of two normal distributions (Dowson and Landau 1982), which is the Fréchet Inception Distance (Heusel
 * et al. 2017) where the features are those of the Inception network, and of them alone:
 *
 *   |m₁ − m₂|² + tr C₁ + tr C₂ − 2 tr (C₁ C₂)^½.
 *
 * With C₁ = R₁ᵀ R₁ and C₂ = R₂ᵀ R₂ the last trace is the sum of the singular values of R₁ R₂ᵀ: the eigenvalues of C₁ C₂ are
 * their squares. No root of a matrix is taken, and singular covariances (fewer pictures than features) are nothing special.
 */
import { expected } from '../math/errors.ts';
import { timesTransposed } from '../math/matrix.ts';
import { singularValues } from '../math/singular-values.ts';
import { type Features, type Gaussian, gaussianOfFeatures } from './gaussian.ts';

const sumOf = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const squares = (values: Float64Array): number => values.reduce((total, value) => total + value * value, 0);

/**
 * The Fréchet distance of two sets of features, computed in float64.
 *
 * Between sets of one distribution it is above 0 and falls with the number of pictures: compare numbers of equal sets only.
 *
 * @param first features [pictures, features], or their distribution where it is used more than once
 * @param second features as many as those of the first
 * @returns 0 for equal distributions; in squared units of the features
 * @throws RddmError when the features differ in number, are not finite, or are of fewer than two pictures
 *
 * @example
 * ```ts
 * import { frechetDistance, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const first = tensor([3, 1], [-1, 0, 1]); // mean 0, variance 1
 * const second = tensor([3, 1], [1, 3, 5]); // mean 3, variance 4
 * assert.ok(Math.abs(frechetDistance(first, second) - (3 ** 2 + (2 - 1) ** 2)) < 1e-12);
 * ```
 */
export function frechetDistance(first: Features | Gaussian, second: Features | Gaussian): number {
  const [a, b] = [first, second].map((one) => ('factor' in one ? one : gaussianOfFeatures(one)));
  if (a.mean.length !== b.mean.length) {
    throw expected('frechetDistance', `${a.mean.length} features, as the first has`, String(b.mean.length));
  }
  const between = squares(a.mean.map((value, i) => value - b.mean[i]));
  // tr Rᵀ R is the sum of the squares of R.
  const within = squares(a.factor.data) + squares(b.factor.data);
  const isPoint = a.factor.rows === 0 || b.factor.rows === 0;
  const shared = isPoint ? 0 : sumOf(singularValues(timesTransposed(a.factor, b.factor)));
  return Math.max(0, between + within - 2 * shared);
}
