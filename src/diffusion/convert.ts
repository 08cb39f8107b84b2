/**
 * Eq. 17 in both directions: a DDIM schedule is a path in the plane of residual and noise. With I_in = 0 the RDDM
 * mixture with these coefficients is DDIM's own, √ᾱ_DDIM I_0 + √(1 − ᾱ_DDIM) ε. Replacing one of the two curves while
 * sampling (Algorithm 1) is done in adjust.ts.
 */
import { expected } from '../math/errors.ts';

/** The two cumulative tables of a schedule. */
export interface CumulativeTables {
  readonly alphaBar: Float64Array;
  readonly betaBar: Float64Array;
}

/**
 * ᾱ_t and β̄_t of a DDIM schedule (Eq. 17), float64.
 *
 * @param alphaBarDdim the cumulative product of DDIM, each value in 0 … 1, not increasing
 * @throws RddmError if a value is outside 0 … 1 or the table increases
 *
 * @example
 * ```ts
 * import { fromDdim, toDdim } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { alphaBar, betaBar } = fromDdim([0.64, 0.36]);
 * assert.ok(Math.abs(alphaBar[1] - 0.4) < 1e-12 && Math.abs(betaBar[0] - 0.6) < 1e-12);
 * assert.ok(Math.abs(toDdim({ alphaBar, betaBar })[1] - 0.36) < 1e-12);
 * ```
 */
export function fromDdim(alphaBarDdim: ArrayLike<number>): CumulativeTables {
  const table = Float64Array.from(alphaBarDdim);
  for (let time = 0; time < table.length; time++) {
    if (!(table[time] >= 0 && table[time] <= (table[time - 1] ?? 1))) {
      throw expected('fromDdim', 'a table in 0 … 1 that does not increase', `${table[time]} at ${time}`);
    }
  }
  return {
    alphaBar: table.map((value) => 1 - Math.sqrt(value)), // Eq. 17
    betaBar: table.map((value) => Math.sqrt(1 - value)),
  };
}

/**
 * The cumulative product ᾱ_DDIM of a converted schedule: the inverse of {@link fromDdim}.
 *
 * @throws RddmError if the schedule is not a DDIM schedule, that is, if (1 − ᾱ_t)² + β̄_t² is not 1 (to 1e-6)
 *
 * @example
 * ```ts
 * import { fromDdim, toDdim } from 'rddm';
 * import assert from 'node:assert/strict';
 * const [first, second] = toDdim(fromDdim([0.81, 0.25]));
 * assert.ok(Math.abs(first - 0.81) < 1e-12 && Math.abs(second - 0.25) < 1e-12);
 * ```
 */
export function toDdim({ alphaBar, betaBar }: CumulativeTables): Float64Array {
  return alphaBar.map((value, time) => {
    const product = (1 - value) ** 2;
    const total = product + betaBar[time] ** 2;
    if (!(Math.abs(total - 1) <= 1e-6)) {
      throw expected(
        'toDdim',
        'a schedule with (1 - alphaBar)^2 + betaBar^2 = 1 at every time',
        `${total} at time ${time}`,
        'only schedules converted from DDIM with noise strength 1 can be converted back',
      );
    }
    return product;
  });
}
