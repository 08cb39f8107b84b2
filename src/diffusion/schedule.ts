/**
 * The two schedules of the diffusion: how fast the residual and how fast the noise enter. They are independent of each
 * other, which is the point of the paper. Everything is float64 and is rounded once, when it meets a tensor. Tables
 * have T entries; index 0 is the first noisy state and T − 1 the last, as in the reference. Time −1 is the clean image,
 * where both cumulative values are 0.
 */
import { expected } from '../math/errors.ts';
import { fromDdim } from './convert.ts';
import { ddimAlphaBar, ddimKinds, isDdim } from './ddim.ts';
import { cleanPoint, type Point } from './point.ts';
import { type Curve, curveShape, powerCurve } from './power-curve.ts';
import { mixturePoint, relativeMixtures } from './relatives.ts';

/**
 * Power curves P(x, a) and P(1 − x, a); a DDIM schedule converted by Eq. 17 (`ddim-linear`, also DDPM's;
 * `ddim-squared-cosine`, IDDPM's); or another model's mixture between input and target (relatives.ts).
 */
export const scheduleKinds = ['power', ...ddimKinds, 'indi', 'rectified-flow', 'resshift', 'ir-sde'] as const;
export type ScheduleKind = (typeof scheduleKinds)[number];

/** What a schedule is made from; the `schedule` field of a model's configuration is one. */
export interface ScheduleOptions {
  /** T, by default 1000. */
  readonly timesteps?: number;
  /** By default `power`. */
  readonly kind?: ScheduleKind;
  /**
   * Course of α over time for `power`, by default `decreasing`; a number a is P(1 − x, a). Other kinds have their own.
   */
  readonly alpha?: Curve;
  /** Course of β² over time for `power`, by default `increasing`; a number b is P(x, b). Other kinds have their own. */
  readonly beta?: Curve;
  /** β̄_T², by default 1; 0 for `rectified-flow`, which has no noise. */
  readonly noiseStrength?: number;
}

/** The coefficients of a diffusion of T steps, float64. */
export interface Schedule {
  /** T. */
  readonly timesteps: number;
  /** The nominal β̄_T²: the variance of the noise that sampling starts from. */
  readonly noiseStrength: number;
  /** α_t, the share of the residual added at t. */
  readonly alpha: Float64Array;
  /** ᾱ_t = Σ α_i; 1 at the last index of a power schedule. */
  readonly alphaBar: Float64Array;
  /** β_t², the variance of the noise added at t. */
  readonly betaSquared: Float64Array;
  /** β̄_t = √Σ β_i²; √noiseStrength at the last index of a power schedule. */
  readonly betaBar: Float64Array;
}

/**
 * Makes the schedule described by `options`.
 *
 * Power curves are P(x, a) for any real a from 0 (Eq. 18) in the reference's discrete forms: α ∝ T … 1 and β² ∝ 1 … T
 * by default, normalised so that ᾱ_T = 1 and β̄_T² = noiseStrength. A converted DDIM schedule (Eq. 17) keeps its own
 * end, ᾱ_T = 1 − √ᾱ_DDIM (0.9936 for the linear one). There `noiseStrength` multiplies β̄²: with 1 the conversion is
 * exact, with anything else the schedule is no DDIM's. For another model's mixture `noiseStrength` is that model's own
 * parameter: ε² of InDI, κ² of ResShift, λ² of IR-SDE (the last two end a thousandth below it); Rectified Flow has
 * none.
 *
 * @throws RddmError if an option is outside its range
 *
 * @example
 * ```ts
 * import { createSchedule } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 4, noiseStrength: 0.25 });
 * assert.deepEqual([...schedule.alpha], [0.4, 0.3, 0.2, 0.1]);
 * assert.equal(schedule.alphaBar[3], 1);
 * assert.equal(schedule.betaBar[3], 0.5);
 * // An exponent: alpha is P(1 - x, 2), with shares of 16, 9, 4 and 1.
 * assert.equal(createSchedule({ timesteps: 4, alpha: 2 }).alpha[0], 16 / 30);
 * ```
 */
export function createSchedule(options: ScheduleOptions = {}): Schedule {
  const { timesteps = 1000, kind = 'power', alpha = 'decreasing', beta = 'increasing' } = options;
  const { noiseStrength = kind === 'rectified-flow' ? 0 : 1 } = options;
  const where = 'createSchedule';
  if (!Number.isInteger(timesteps) || timesteps < 1) {
    throw expected(where, 'timesteps, an integer from 1', timesteps);
  }
  if (!(noiseStrength >= 0 && noiseStrength < Infinity)) {
    throw expected(where, 'noiseStrength, a number from 0', noiseStrength);
  }
  if (!scheduleKinds.includes(kind)) throw expected(where, `kind, one of ${scheduleKinds.join(', ')}`, kind);
  const curves = { alpha: curveShape(alpha, 'alpha', where), beta: curveShape(beta, 'beta', where) };
  if (kind === 'rectified-flow' && noiseStrength !== 0) {
    const remedy = 'its path is a straight line without noise; "indi" is the line with noise';
    throw expected(where, 'noiseStrength 0 with kind rectified-flow', noiseStrength, remedy);
  }
  if (kind === 'power') {
    const residual = powerCurve(curves.alpha, timesteps);
    const noise = powerCurve(curves.beta, timesteps);
    return {
      timesteps,
      noiseStrength,
      alpha: residual.increments,
      alphaBar: residual.cumulative,
      betaSquared: noise.increments.map((value) => value * noiseStrength),
      betaBar: noise.cumulative.map((value) => Math.sqrt(value * noiseStrength)),
    };
  }
  if (isDdim(kind)) {
    const { alphaBar, betaBar } = fromDdim(ddimAlphaBar(kind, timesteps));
    const scale = Math.sqrt(noiseStrength);
    return fromTables(
      alphaBar,
      betaBar.map((value) => value * scale),
      noiseStrength,
    );
  }
  const points = relativeMixtures(kind, timesteps, noiseStrength).map(mixturePoint);
  const table = (axis: 'alphaBar' | 'betaBar') => Float64Array.from(points, (point) => point[axis]);
  return fromTables(table('alphaBar'), table('betaBar'), noiseStrength);
}

/**
 * Makes a schedule from two cumulative tables that come from elsewhere.
 *
 * @param alphaBar ᾱ_t, not decreasing
 * @param betaBar β̄_t, not decreasing, of the same length
 * @param noiseStrength the variance that sampling starts from; by default β̄_T²
 * @throws RddmError if the tables differ in length, are empty, decrease, or hold anything but numbers from 0
 *
 * @example
 * ```ts
 * import { scheduleFromTables } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = scheduleFromTables([0.75, 1], [0.5, 0.5]);
 * assert.deepEqual([...schedule.alpha], [0.75, 0.25]);
 * assert.deepEqual([...schedule.betaSquared], [0.25, 0]);
 * assert.equal(schedule.noiseStrength, 0.25);
 * ```
 */
export function scheduleFromTables(
  alphaBar: ArrayLike<number>,
  betaBar: ArrayLike<number>,
  noiseStrength?: number,
): Schedule {
  const where = 'scheduleFromTables';
  if (alphaBar.length !== betaBar.length || alphaBar.length === 0) {
    throw expected(where, 'two tables of one length', `${alphaBar.length} and ${betaBar.length} entries`);
  }
  for (const [name, table] of [
    ['alphaBar', alphaBar],
    ['betaBar', betaBar],
  ] as const) {
    for (let time = 0; time < table.length; time++) {
      if (!(table[time] >= (table[time - 1] ?? 0) && table[time] < Infinity)) {
        throw expected(where, `${name} not to decrease from 0`, `${table[time]} at ${time}`);
      }
    }
  }
  const betaBarTable = Float64Array.from(betaBar);
  return fromTables(Float64Array.from(alphaBar), betaBarTable, noiseStrength ?? betaBarTable[betaBar.length - 1] ** 2);
}

/** Differences of the cumulative tables; the value before the first is 0 (the reference pads with 1 by accident). */
function fromTables(alphaBar: Float64Array, betaBar: Float64Array, noiseStrength: number): Schedule {
  return {
    timesteps: alphaBar.length,
    noiseStrength,
    alpha: alphaBar.map((value, time) => value - (alphaBar[time - 1] ?? 0)),
    alphaBar,
    betaSquared: betaBar.map((value, time) => value ** 2 - (betaBar[time - 1] ?? 0) ** 2),
    betaBar,
  };
}

/**
 * ᾱ and β̄ at a time; both are 0 at −1, the clean image.
 *
 * @param time an integer, −1 … T − 1
 * @throws RddmError if it is outside that range
 */
export function cumulativeAt(schedule: Schedule, time: number, where = 'cumulativeAt'): Point {
  if (!Number.isInteger(time) || time < -1 || time >= schedule.timesteps) {
    throw expected(where, `a time, an integer from -1 to ${schedule.timesteps - 1}`, time);
  }
  return time === -1 ? cleanPoint : { alphaBar: schedule.alphaBar[time], betaBar: schedule.betaBar[time] };
}
