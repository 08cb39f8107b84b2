/**
 * The reverse process (SPEC 3): one step from time t to any earlier time s, given residual and noise.
 * Skipped steps need no formula of their own: the coefficients are differences of the cumulative values.
 * What the network predicts, and the order of the steps, is decided elsewhere.
 */
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { combine } from './combine.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';
import { stepVariance } from './variance.ts';

/**
 * I_s = I_t − (ᾱ_t − ᾱ_s) I_res − (β̄_t − √(β̄_s² − σ²)) ε + σ ε_t (Eq. 12; with η = 0 Eq. 13).
 *
 * @param request.time t, 0 … T − 1
 * @param request.nextTime s, −1 … t − 1; −1 gives the clean image
 * @param request.eta 0 deterministic … 1
 * @param request.fresh ε_t, unit variance; needed where σ > 0
 * @throws RddmError when fresh noise is missing, shapes differ, or a time or η is out of range
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
export function reverseStep(request: {
  readonly schedule: Schedule;
  readonly time: number;
  readonly nextTime: number;
  readonly eta: number;
  readonly noisy: Tensor;
  readonly residual: Tensor;
  readonly noise: Tensor;
  readonly fresh?: Tensor | undefined;
}): Tensor {
  const { schedule, time, nextTime, eta, noisy, residual, noise, fresh } = request;
  const where = 'reverseStep';
  const variance = stepVariance(schedule, time, nextTime, eta);
  if (variance > 0 && !fresh) throw expected(where, `fresh noise for eta ${eta}`, 'none');
  const at = cumulativeAt(schedule, time, where);
  const next = cumulativeAt(schedule, nextTime, where);
  return combine(where, [
    [1, noisy],
    [-(at.alphaBar - next.alphaBar), residual],
    [-(at.betaBar - Math.sqrt(Math.max(0, next.betaBar ** 2 - variance))), noise],
    [Math.sqrt(variance), fresh],
  ]); // Eq. 12
}

/**
 * The clean image that residual and noise leave, I_0 = I_t − ᾱ_t I_res − β̄_t ε; not clipped.
 *
 * @throws RddmError when shapes differ or the time is out of range
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
