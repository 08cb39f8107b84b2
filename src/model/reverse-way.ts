/**
 * The way of a reverse process: the states that it visits from the noisy input to the clean image, decided and checked
 * as a whole. A configuration computes the way of its own sampling, so that a model is refused before it is trained;
 * the sampler computes that of a caller's options. sample/points.ts decides the networks' time inputs at each state.
 */
import { type Adjustment, adjustSchedule } from '../diffusion/adjust.ts';
import type { Objective, SamplingMethod } from '../diffusion/objective.ts';
import { type Path, pathPoints } from '../diffusion/path.ts';
import type { Point } from '../diffusion/point.ts';
import { createSchedule, cumulativeAt, type Schedule } from '../diffusion/schedule.ts';
import { samplingTimes, type TimeSpacing } from '../diffusion/times.ts';
import { type VarianceKind, varianceBetween } from '../diffusion/variance.ts';
import { expected } from '../math/errors.ts';
import type { ModelFields } from './config-fields.ts';

/** Readjusted coefficients (Algorithm 1), and the index that networks with index times get. */
export interface SampleAdjustment extends Adjustment {
  /**
   * `matched` (default): the index at which training had the coefficient of what the network predicts. `kept`: the
   * step's own index, as in the paper's Fig. 5, where readjusting β² makes denoising fail. Has no meaning for networks
   * with cumulative times, which get the new values.
   */
  readonly index?: 'matched' | 'kept' | undefined;
}

/** The options that determine the way; omitted ones come from the model's configuration. */
export interface WayOptions {
  /** Reverse steps, 1 … T. */
  readonly steps?: number | undefined;
  /** The spacing of the steps' times: from T − 1 as in the reference, or from 0 as in DDIM. */
  readonly times?: TimeSpacing | undefined;
  /** For networks that predict residual and noise: use both (`residual-noise`), or one of them (SM-Res, SM-N). */
  readonly method?: SamplingMethod | undefined;
  /** η, 0 deterministic … 1. */
  readonly eta?: number | undefined;
  /** Which variance η scales: the paper's (Eq. 49), or that of DDPM and DDIM (Eq. 51). */
  readonly variance?: VarianceKind | undefined;
  /** β̄_T², instead of training's. */
  readonly noiseStrength?: number | undefined;
  /** A schedule with the same T, instead of training's. */
  readonly schedule?: Schedule | undefined;
  /** Other courses of α and β² than the schedule's (Algorithm 1); `{ mode: 'none' }` undoes the model's own. */
  readonly adjust?: SampleAdjustment | undefined;
  /** The way through the plane of residual and noise: `together` along the schedule, or another (section 5.2). */
  readonly path?: Path | undefined;
  /**
   * `noise-strength`: from I_in + √(β̄_T²) ε, where the forward process ends (default). `unit-noise`: from I_in + ε for
   * any noise strength, like the reference's generation; the same at noise strength 1.
   */
  readonly start?: 'noise-strength' | 'unit-noise' | undefined;
}

/** A state of the way. */
export interface WayPoint extends Point {
  /** The schedule's index; off the schedule, the number of remaining steps minus one. −1 is the clean image. */
  readonly time: number;
}

/** A valid way. */
export interface ReverseWay {
  /** The states from the start to the clean image, one more than the steps. */
  readonly points: readonly WayPoint[];
  readonly path: Path;
  readonly adjust: SampleAdjustment | undefined;
  /** What the sampler takes from each prediction: the model's objective, or a part of it. */
  readonly objective: Objective;
  readonly eta: number;
  readonly variance: VarianceKind;
  /** The standard deviation of the noise at the start. */
  readonly startDeviation: number;
}

const where = 'sample';

/** The reverse steps of a run; a path given as points has one per pair of neighbours. */
export function samplingSteps({ sampling }: ModelFields, { steps, path }: Pick<WayOptions, 'steps' | 'path'>): number {
  return steps ?? (path && typeof path !== 'string' ? path.length - 1 : sampling.steps);
}

/** @throws RddmError if schedule, steps, path, η and variance do not fit the model or each other */
export function reverseWay(config: ModelFields, options: WayOptions): ReverseWay {
  const { sampling, task } = config;
  const { eta = sampling.eta, variance = sampling.variance, start = 'noise-strength' } = options;
  const { path = sampling.path, adjust = sampling.adjust } = options;
  if (!(eta >= 0 && eta <= 1)) throw expected(where, 'eta, a number from 0 to 1', String(eta), { field: 'eta' });
  if (start !== 'noise-strength' && start !== 'unit-noise') {
    throw expected(where, 'start "noise-strength" or "unit-noise"', String(start), { field: 'start' });
  }
  const objective = chooseObjective(config, options);
  const schedule = chooseSchedule(config, objective, options);
  const points = placedPoints(config, schedule, { ...options, path, adjust });
  if (objective === 'noise' && points.slice(0, -1).some(({ alphaBar, betaBar }) => alphaBar === 1 && betaBar === 0)) {
    const what =
      'a path that keeps noise in the image while the whole residual is there, for a network that predicts noise';
    throw expected(where, what, 'a point [1, 0]', { remedy: 'remove the residual first', field: 'path' });
  }
  for (let step = 1; step < points.length; step++) {
    varianceBetween(points[step - 1], points[step], eta, variance, where);
  }
  // The nominal strength: a converted schedule ends slightly below it, but sampling starts from it.
  const deviation = typeof path === 'string' ? Math.sqrt(schedule.noiseStrength) : points[0].betaBar;
  const startDeviation = start === 'unit-noise' ? 1 : deviation;
  if (task === 'generation' && startDeviation === 0) {
    const what = 'noise at the start of generation, without which all pictures would be equal';
    throw expected(where, what, 'none', { remedy: 'take a noise strength above 0', field: 'noiseStrength' });
  }
  return { points, path, adjust, objective, eta, variance, startDeviation };
}

/**
 * The times at which a model's own sampler asks the network, from the first step to the last: all states of its way but
 * the clean image. With one step it is the last time alone.
 *
 * @throws RddmError if the way leaves the coefficients that training has at these times: a path, or readjusted ones
 */
export function askedTimes(config: ModelFields): number[] {
  const { path, adjust, points } = reverseWay(config, config.sampling);
  if (path !== 'together') {
    const got = typeof path === 'string' ? `"${path}"` : 'points';
    throw expected(where, 'path "together", since another has no times of training', got, { field: 'path' });
  }
  if (adjust && adjust.mode !== 'none') {
    const what = 'no readjusted coefficients, which training has at other times';
    throw expected(where, what, `mode "${adjust.mode}"`, { field: 'adjust' });
  }
  return points.slice(0, -1).map(({ time }) => time);
}

function placedPoints(
  config: ModelFields,
  schedule: Schedule,
  options: WayOptions & { readonly path: Path },
): WayPoint[] {
  const { path, adjust } = options;
  const steps = samplingSteps(config, options);
  if (path === 'together') {
    const { times = config.sampling.times } = options;
    return samplingTimes(schedule.timesteps, steps, times).map((time) => ({ ...cumulativeAt(schedule, time), time }));
  }
  // A way off the schedule has no times of the model, and no index of its own.
  const { times = 'linspace' } = options;
  if (adjust?.index === 'kept' && config.time === 'index') {
    const remedy = 'on a custom path the index is matched to the coefficients';
    throw expected(where, 'adjust.index "matched" with a path', '"kept"', { remedy, field: 'adjust' });
  }
  if (times !== 'linspace') {
    throw expected(where, 'times "linspace" with a custom path, which has no times', `"${times}"`, {
      field: 'times',
    });
  }
  return pathPoints(path, schedule, steps).map((point, step) => ({ ...point, time: steps - 1 - step }));
}

function chooseObjective({ objective, sampling }: ModelFields, options: WayOptions): Objective {
  const { method = sampling.method ?? objective } = options;
  if (method === objective) return objective;
  if (objective !== 'residual-noise') {
    const remedy = 'networks that predict both can be sampled by one of the two';
    throw expected(where, `method "${objective}", what the network predicts`, `"${method}"`, {
      remedy,
      field: 'method',
    });
  }
  if (method !== 'residual' && method !== 'noise') {
    throw expected(where, 'method "residual", "noise" or "residual-noise"', `"${method}"`, { field: 'method' });
  }
  return method;
}

function chooseSchedule(config: ModelFields, objective: Objective, options: WayOptions): Schedule {
  const { schedule } = options;
  const noiseStrength = options.noiseStrength ?? (schedule ? undefined : config.sampling.noiseStrength);
  const { timesteps } = config.schedule;
  if (schedule && noiseStrength !== undefined) {
    throw expected(where, 'a schedule or a noiseStrength', 'both', {
      remedy: 'make the schedule with the noise strength',
      field: 'noiseStrength',
    });
  }
  if (schedule && schedule.timesteps !== timesteps) {
    throw expected(where, `a schedule of ${timesteps} timesteps, as in training`, String(schedule.timesteps), {
      field: 'schedule',
    });
  }
  if (noiseStrength !== undefined && !(noiseStrength >= 0 && noiseStrength < Infinity)) {
    throw expected(where, 'noiseStrength, a number from 0', String(noiseStrength), { field: 'noiseStrength' });
  }
  const base =
    schedule ?? createSchedule({ ...config.schedule, ...(noiseStrength !== undefined && { noiseStrength }) });
  const { adjust = config.sampling.adjust } = options;
  const chosen = adjust ? adjustSchedule(base, adjust) : base;
  if (chosen.betaBar[timesteps - 1] === 0 && objective === 'noise') {
    throw expected(where, 'a noise strength above 0 if only the noise is predicted or used', '0', {
      field: 'noiseStrength',
    });
  }
  return chosen;
}
