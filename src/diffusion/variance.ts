/**
 * How much fresh noise a reverse step brings: the paper's sum-constrained variance (SPEC 3), whose sum over
 * any sampling never exceeds β̄_T², and the posterior of one forward step, which is the case η = 1.
 * DDIM's own variance (Eq. 49–52) is left out.
 */
import { expected } from '../math/errors.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';

/**
 * σ² of the step from `time` to `nextTime`: η β² β̄_s² / β̄_t², with β² = β̄_t² − β̄_s² for any pair s < t.
 *
 * @param time t, 0 … T − 1
 * @param nextTime s, −1 … t − 1; a step to −1, the clean image, brings no noise
 * @param eta 0 deterministic … 1 as random as the posterior
 * @throws RddmError when a time or η is out of range, or s is not before t
 *
 * @example
 * ```ts
 * import { createSchedule, stepVariance } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 2, beta: 'mean' }); // squared noise 0.5, then 1
 * assert.equal(stepVariance(schedule, 1, 0, 1), 0.25);
 * assert.equal(stepVariance(schedule, 1, -1, 1), 0);
 * ```
 */
export function stepVariance(schedule: Schedule, time: number, nextTime: number, eta: number): number {
  const where = 'stepVariance';
  if (!(eta >= 0 && eta <= 1)) throw expected(where, 'eta, a number from 0 to 1', String(eta));
  const { betaBar } = cumulativeAt(schedule, time, where);
  const { betaBar: betaBarNext } = cumulativeAt(schedule, nextTime, where);
  if (nextTime >= time) throw expected(where, `a next time below ${time}`, String(nextTime));
  if (betaBar === 0) return 0;
  return (eta * (betaBar ** 2 - betaBarNext ** 2) * betaBarNext ** 2) / betaBar ** 2;
}

/** The posterior q(I_{t−1} | I_t, I_0, I_res) of every t: a mean of three terms, and a variance. */
export interface Posterior {
  /** Coefficient of I_t. */
  readonly noisy: Float64Array;
  /** Coefficient of I_res. */
  readonly residual: Float64Array;
  /** Coefficient of I_0. */
  readonly clean: Float64Array;
  readonly variance: Float64Array;
}

/**
 * Posterior coefficients of a schedule, T entries each. The values before the first are 0, which makes the first
 * entry (0, 0, 1) and its variance 0 by itself; the reference pads with 1 and then overwrites that entry.
 *
 * @example
 * ```ts
 * import { createSchedule, posteriorOf, stepVariance } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 10 });
 * const { noisy, clean, variance } = posteriorOf(schedule);
 * assert.deepEqual([noisy[0], variance[0]], [0, 0]); // the step to the clean image is certain
 * assert.ok(Math.abs(noisy[7] + clean[7] - 1) < 1e-12);
 * assert.ok(Math.abs(variance[7] - stepVariance(schedule, 7, 6, 1)) < 1e-12);
 * ```
 */
export function posteriorOf(schedule: Schedule): Posterior {
  const { timesteps, alpha, betaSquared, betaBar } = schedule;
  const noisy = new Float64Array(timesteps);
  const residual = new Float64Array(timesteps);
  const clean = new Float64Array(timesteps);
  const variance = new Float64Array(timesteps);
  for (let time = 0; time < timesteps; time++) {
    const total = betaBar[time] ** 2;
    const previous = cumulativeAt(schedule, time - 1);
    const previousTotal = previous.betaBar ** 2;
    if (total === 0) {
      // Without noise the step back is certain: I_{t−1} = I_t − α_t I_res.
      noisy[time] = 1;
      residual[time] = -alpha[time];
      continue;
    }
    noisy[time] = previousTotal / total;
    residual[time] = (betaSquared[time] * previous.alphaBar - previousTotal * alpha[time]) / total;
    clean[time] = betaSquared[time] / total;
    variance[time] = (betaSquared[time] * previousTotal) / total;
  }
  return { noisy, residual, clean, variance };
}
