/** One comparison with a golden value: the quantity, its error, and the limit. */
import { largestDifference, type Tensor } from '../../src/math/tensor.ts';

export interface Check {
  readonly quantity: string;
  readonly error: number;
  readonly limit: number;
}

/** Something in a file without a counterpart here: listed, neither passed nor failed. */
export interface NotCovered {
  readonly quantity: string;
  readonly verdict: 'not covered';
}

const magnitude = ({ data }: Tensor): number => data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);

/** The largest difference, relative to the largest magnitude of the golden value. */
export const relativeError = (given: Tensor, golden: Tensor): number =>
  largestDifference(given, golden) / Math.max(magnitude(golden), 1e-12);

function norm(values: Float32Array | Float64Array): number {
  let total = 0;
  for (const value of values) total += value * value;
  return Math.sqrt(total);
}

/**
 * The L2 norm of the difference, relative to that of the golden value. A difference under `floor` meets `limit` however
 * small the golden value is: gradients that are zero up to rounding have no relative error.
 */
export function relativeL2(given: Tensor, golden: Tensor, floor = 0, limit = 1): number {
  const difference = Float64Array.from(golden.data, (x, i) => given.data[i] - x);
  return norm(difference) / Math.max(norm(golden.data), floor / limit, 1e-30);
}

/** The worst of several errors; NaN wins. */
export const worst = (errors: readonly number[]): number =>
  errors.reduce((largest, error) => Math.max(error, largest), 0);

/** Whether a check holds; NaN does not. */
export const holds = ({ error, limit }: Check): boolean => error <= limit;

/** A case whose file lacks something that the comparison needs: listed with its reason, neither passed nor failed. */
export class NotTestable extends Error {
  override readonly name = 'NotTestable';
}
