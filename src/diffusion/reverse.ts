/**
 * The reverse process (section 4.2): one step from a state to any earlier one, given residual and noise. A step
 * connects two points of the plane of residual and noise; on a schedule these belong to times t and s. Skipped steps
 * need no formula of their own: the coefficients are differences of cumulative values, and either may be 0. What the
 * network predicts, and the order of the steps, are decided elsewhere.
 */
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { combine } from './combine.ts';
import type { Point } from './point.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';
import { stepVariance, type VarianceKind, varianceBetween } from './variance.ts';

/** What every step needs, whichever points it connects. */
export interface StepTerms {
  /** η, 0 deterministic … 1. */
  readonly eta: number;
  /** Which variance η scales; by default `sum-constrained`. */
  readonly variance?: VarianceKind | undefined;
  /** I_t */
  readonly noisy: Tensor;
  /** I_res^θ */
  readonly residual: Tensor;
  /** ε^θ */
  readonly noise: Tensor;
  /** ε_t, unit variance; needed if σ > 0. */
  readonly fresh?: Tensor | undefined;
}

/**
 * The step between two points of the plane (Eq. 12): removes ᾱ − ᾱ' of the residual and β̄ − β̄' of the noise, in any
 * proportion; only residual or only noise if the points differ in one coordinate (section 5.2).
 *
 * @param request.from the point of the state
 * @param request.to the point of the result, with at most as much residual and noise
 * @throws RddmError if the step adds residual or noise, fresh noise is missing, shapes differ, or η is out of range
 *
 * @example
 * ```ts
 * import { reverseBetween, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * // Removes only residual; the noise stays.
 * const from = { alphaBar: 1, betaBar: 0.5 };
 * const to = { alphaBar: 0, betaBar: 0.5 };
 * const terms = { noisy: tensor([1], [0.75]), residual: tensor([1], [0.25]), noise: tensor([1], [2]) };
 * assert.equal(reverseBetween({ from, to, eta: 0, ...terms }).data[0], 0.5);
 * ```
 */
export function reverseBetween(request: StepTerms & { readonly from: Point; readonly to: Point }): Tensor {
  const { from, to, eta, variance: kind } = request;
  const where = 'reverseBetween';
  if (!(to.alphaBar <= from.alphaBar)) {
    throw expected(where, `a step to at most the residual it starts with, ${from.alphaBar}`, to.alphaBar);
  }
  return removed(where, request, from, to, varianceBetween(from, to, eta, kind, where));
}

/**
 * I_s = I_t − (ᾱ_t − ᾱ_s) I_res − (β̄_t − √(β̄_s² − σ²)) ε + σ ε_t (Eq. 12; with η = 0 Eq. 13).
 *
 * @param request.time t, 0 … T − 1
 * @param request.nextTime s, −1 … t − 1; −1 gives the clean image
 * @param request.eta 0 deterministic … 1
 * @param request.variance `sum-constrained` (default) or `ddpm`
 * @param request.fresh ε_t, unit variance; needed if σ > 0
 * @throws RddmError if fresh noise is missing, shapes differ, or a time or η is out of range
 *
 * @example
 * ```ts
 * import { createSchedule, forwardProcess, reverseStep, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule();
 * const parts = { clean: tensor([1], [0.5]), residual: tensor([1], [-0.2]), noise: tensor([1], [1.5]) };
 * const noisy = forwardProcess(schedule, 800, parts);
 * const earlier = reverseStep({ schedule, time: 800, nextTime: 300, eta: 0, noisy, ...parts });
 * assert.ok(Math.abs(earlier.data[0] - forwardProcess(schedule, 300, parts).data[0]) < 1e-6);
 * ```
 */
export function reverseStep(
  request: StepTerms & { readonly schedule: Schedule; readonly time: number; readonly nextTime: number },
): Tensor {
  const { schedule, time, nextTime, eta, variance: kind } = request;
  const where = 'reverseStep';
  const variance = stepVariance(schedule, time, nextTime, eta, kind);
  const [from, to] = [cumulativeAt(schedule, time, where), cumulativeAt(schedule, nextTime, where)];
  return removed(where, request, from, to, variance);
}

/** Eq. 12 itself. */
function removed(
  where: string,
  { eta, noisy, residual, noise, fresh }: StepTerms,
  from: Point,
  to: Point,
  variance: number,
) {
  if (variance > 0 && !fresh) throw expected(where, `fresh noise for eta ${eta}`, 'none');
  return combine(where, [
    [1, noisy],
    [-(from.alphaBar - to.alphaBar), residual],
    [-(from.betaBar - Math.sqrt(Math.max(0, to.betaBar ** 2 - variance))), noise],
    [Math.sqrt(variance), fresh],
  ]); // Eq. 12
}

/**
 * The clean image that residual and noise imply, I_0 = I_t − ᾱ_t I_res − β̄_t ε; not clipped.
 *
 * @throws RddmError if shapes differ or the time is out of range
 *
 * @example
 * ```ts
 * import { cleanImage, createSchedule, forwardProcess, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule();
 * const terms = { residual: tensor([1], [-0.25]), noise: tensor([1], [1.5]) };
 * const noisy = forwardProcess(schedule, 600, { clean: tensor([1], [0.5]), ...terms });
 * assert.ok(Math.abs(cleanImage(schedule, 600, { noisy, ...terms }).data[0] - 0.5) < 1e-6);
 * ```
 */
export function cleanImage(
  schedule: Schedule,
  time: number,
  parts: { readonly noisy: Tensor; readonly residual: Tensor; readonly noise: Tensor },
): Tensor {
  const { alphaBar, betaBar } = cumulativeAt(schedule, time, 'cleanImage');
  return combine('cleanImage', [
    [1, parts.noisy],
    [-alphaBar, parts.residual],
    [-betaBar, parts.noise],
  ]);
}
