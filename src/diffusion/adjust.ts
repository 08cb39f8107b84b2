/**
 * Algorithm 1 (d): readjusting the coefficients while sampling. A power curve replaces one of the two diffusion speeds,
 * both or neither, whatever schedule the model was trained on or converted from. The variances of the reverse steps
 * follow from the new β̄; the printed algorithm keeps those of the old one, for which the root of Eq. 12 need not be
 * real. Which times the networks then get is decided in sample/points.ts (`timesAt`).
 */
import { expected } from '../math/errors.ts';
import { type Curve, curveShape, powerCurve } from './power-curve.ts';
import { type Schedule, scheduleFromTables } from './schedule.ts';

/** `alpha`: α becomes P(1 − x, a); `beta`: β² becomes P(x, b) β̄_T²; `both`; `none`. */
export const adjustModes = ['none', 'alpha', 'beta', 'both'] as const;
/** One of `adjustModes`: the coefficients that are adjusted. */
export type AdjustMode = (typeof adjustModes)[number];

/** Which coefficients are replaced, and by which curves. */
export interface Adjustment {
  readonly mode: AdjustMode;
  /** The exponent a of P(1 − x, a), or another curve; by default 1. */
  readonly alpha?: Curve | undefined;
  /** The exponent b of P(x, b), or another curve; by default 1. */
  readonly beta?: Curve | undefined;
}

/**
 * The schedule with readjusted coefficients (Algorithm 1). T and the noise strength stay; replaced curves end at ᾱ_T = 1
 * and β̄_T² = noiseStrength. To change β̄_T² itself, first make the schedule with the new one.
 *
 * @throws RddmError if the mode or a curve is unknown
 *
 * @example
 * ```ts
 * import { adjustSchedule, createSchedule } from 'rddm';
 * import assert from 'node:assert/strict';
 * const ddim = createSchedule({ kind: 'ddim-linear' });
 * const adjusted = adjustSchedule(ddim, { mode: 'alpha', alpha: 1 });
 * assert.deepEqual(adjusted.alphaBar, createSchedule({ alpha: 'decreasing' }).alphaBar);
 * assert.deepEqual(adjusted.betaBar, ddim.betaBar);
 * ```
 */
export function adjustSchedule(schedule: Schedule, { mode, alpha = 1, beta = 1 }: Adjustment): Schedule {
  const where = 'adjustSchedule';
  if (!adjustModes.includes(mode)) throw expected(where, `mode, one of ${adjustModes.join(', ')}`, mode);
  const { timesteps, noiseStrength } = schedule;
  const curves = { alpha: curveShape(alpha, 'alpha', where), beta: curveShape(beta, 'beta', where) };
  const alphaBar = () => powerCurve(curves.alpha, timesteps).cumulative;
  const betaBar = () => powerCurve(curves.beta, timesteps).cumulative.map((sum) => Math.sqrt(sum * noiseStrength));
  if (mode === 'none') return schedule;
  return scheduleFromTables(
    mode === 'beta' ? schedule.alphaBar : alphaBar(),
    mode === 'alpha' ? schedule.betaBar : betaBar(),
    noiseStrength,
  );
}
