/**
 * The Fréchet distance of two normal distributions (Dowson and Landau 1982). It is the Fréchet Inception Distance
 * (Heusel et al. 2017) only if the features are the Inception network's:
 *
 *   |m₁ − m₂|² + tr C₁ + tr C₂ − 2 tr (C₁ C₂)^½.
 *
 * With C₁ = R₁ᵀ R₁ and C₂ = R₂ᵀ R₂ the last trace is the sum of the singular values of R₁ R₂ᵀ, whose squares are the
 * eigenvalues of C₁ C₂. No matrix root is taken, and singular covariances (fewer pictures than features) are no special
 * case.
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
 * Between sets from one distribution it is above 0 and falls with the number of pictures, so compare only numbers from
 * sets of equal size.
 *
 * @param first features [pictures, features], or their distribution if it is used more than once
 * @param second as many features as the first
 * @returns 0 for equal distributions; in squared units of the features
 * @throws RddmError if the numbers of features differ, a feature is not finite, or there are fewer than two pictures
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
    throw expected('frechetDistance', `${a.mean.length} features, as in the first`, String(b.mean.length));
  }
  const between = squares(a.mean.map((value, i) => value - b.mean[i]));
  // tr Rᵀ R is the sum of the squares of R.
  const within = squares(a.factor.data) + squares(b.factor.data);
  const isPoint = a.factor.rows === 0 || b.factor.rows === 0;
  const shared = isPoint ? 0 : sumOf(singularValues(timesTransposed(a.factor, b.factor)));
  return Math.max(0, between + within - 2 * shared);
}
