/**
 * The variance of the fresh noise in a reverse step. There are two: the paper's `sum-constrained` one (Eq. 49), whose
 * sum over any sampling never exceeds β̄_T² (Eq. 52), and `ddpm`, that of DDPM and DDIM (Eq. 51), which keeps the
 * variance of the image. Also the posterior of one forward step, which is the sum-constrained case η = 1.
 */
import { expected } from '../math/errors.ts';
import type { Point } from './point.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';

/** The two variances. */
export const varianceKinds = ['sum-constrained', 'ddpm'] as const;
/** One of `varianceKinds`. */
export type VarianceKind = (typeof varianceKinds)[number];

/**
 * σ² of the step between two points of the plane; the residual does not matter.
 *
 * `sum-constrained`: η β² β̄_s² / β̄_t² with β² = β̄_t² − β̄_s² (Eq. 49). `ddpm`: Eq. 51 with ᾱ_DDIM = 1 − β̄² (Eq.
 * 17), which is the former divided by 1 − β̄_s² (equivalent to Eq. 50). Both stay below β̄_s², so the root of Eq. 12 is
 * real. η multiplies σ², as in the paper; DDIM's own η multiplies σ, which is the same at 0 and 1.
 *
 * @param from the point where the step starts
 * @param to the point where it ends, with at most the noise of `from`
 * @throws RddmError if η or the kind is out of range, the step adds noise, or `ddpm` meets a noise strength above 1
 */
export function varianceBetween(
  from: Point,
  to: Point,
  eta: number,
  kind: VarianceKind = 'sum-constrained',
  where = 'varianceBetween',
): number {
  if (!(eta >= 0 && eta <= 1)) throw expected(where, 'eta, a number from 0 to 1', eta, { field: 'eta' });
  if (!varianceKinds.includes(kind))
    throw expected(where, `variance ${varianceKinds.join(' or ')}`, kind, { field: 'variance' });
  if (to.betaBar > from.betaBar) {
    throw expected(where, `a step to at most the noise it starts with, ${from.betaBar}`, to.betaBar);
  }
  if (kind === 'ddpm' && from.betaBar > 1 + 1e-9) {
    const remedy = 'the DDPM variance is for images that noise is mixed into; use "sum-constrained"';
    throw expected(where, 'a noise strength of at most 1 with variance "ddpm"', from.betaBar ** 2, {
      remedy,
      field: 'variance',
    });
  }
  if (to.betaBar === from.betaBar || eta === 0) return 0;
  const [total, rest] = [from.betaBar ** 2, to.betaBar ** 2];
  const constrained = eta * (total - rest) * (to.betaBar / from.betaBar) ** 2; // Eq. 49
  return kind === 'ddpm' ? constrained / (1 - rest) : constrained; // Eq. 51
}

/**
 * σ² of the step from `time` to `nextTime` of a schedule: η β² β̄_s² / β̄_t², with β² = β̄_t² − β̄_s² for any pair s < t
 * (Eq. 49), or DDPM's (Eq. 51), which is larger by the factor 1 / (1 − β̄_s²).
 *
 * @param time t, 0 … T − 1
 * @param nextTime s, −1 … t − 1; a step to −1, the clean image, brings no noise
 * @param eta from 0, deterministic, to 1, as random as the posterior
 * @param kind `sum-constrained` by default
 * @throws RddmError if a time, η or the kind is out of range, s is not before t, or `ddpm` meets a noise strength above
 *   1
 *
 * @example
 * ```ts
 * import { createSchedule, stepVariance } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 2, beta: 'mean' }); // squared noise 0.5, then 1
 * assert.equal(stepVariance(schedule, 1, 0, 1), 0.25);
 * assert.ok(Math.abs(stepVariance(schedule, 1, 0, 1, 'ddpm') - 0.5) < 1e-12);
 * assert.equal(stepVariance(schedule, 1, -1, 1), 0);
 * ```
 */
export function stepVariance(
  schedule: Schedule,
  time: number,
  nextTime: number,
  eta: number,
  kind: VarianceKind = 'sum-constrained',
): number {
  const where = 'stepVariance';
  const from = cumulativeAt(schedule, time, where);
  const to = cumulativeAt(schedule, nextTime, where);
  if (nextTime >= time) throw expected(where, `a next time below ${time}`, nextTime);
  return varianceBetween(from, to, eta, kind, where);
}

/** The posterior q(I_{t−1} | I_t, I_0, I_res) at every t: three coefficients of its mean, and its variance. */
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
 * Posterior coefficients of a schedule, T entries each. The values before the first are 0, so the first entry is (0, 0,
 * 1) with variance 0 by itself; the reference pads with 1 and then overwrites that entry.
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
