/**
 * The states that a sampling run visits, and the time that the networks are told at each: the one list that the
 * sampler walks. Which coefficients there are to walk through is decided in diffusion/.
 */
import { type Path, pathPoints } from '../diffusion/path.ts';
import type { Point } from '../diffusion/point.ts';
import { createSchedule, cumulativeAt, type Schedule } from '../diffusion/schedule.ts';
import { samplingTimes, type TimeSpacing } from '../diffusion/times.ts';
import { expected } from '../math/errors.ts';
import type { ModelConfig } from '../model/config.ts';
import type { SampleAdjustment } from './options.ts';

/** One state of a run. */
export interface SamplingPoint extends Point {
  /** The schedule's index; beside the schedule, how many steps are left less one. −1 is the clean image. */
  readonly time: number;
  /** Time as the residual's network is told it. */
  readonly residualTime: number;
  /** Time as the noise's network is told it. */
  readonly noiseTime: number;
}

/**
 * The index at which a table had a value, the nearest; of equal ones the last, since flat ends belong to the end.
 *
 * @param table not decreasing
 */
function nearestIndex(table: Float64Array, value: number): number {
  let best = 0;
  for (let index = 1; index < table.length; index++) {
    if (Math.abs(table[index] - value) <= Math.abs(table[best] - value)) best = index;
  }
  return best;
}

/**
 * The times that a model's networks are told at a point that belongs to no index of its training: the point's own
 * coefficients where time is cumulative (section 5.2), else the index at which training had the coefficient that counts.
 *
 * That is the residual's for a network of the residual alone. For every other it is the noise's: the index tells a
 * network how strong the noise is ("the time condition t represents the current noise intensity", section 5.2), and
 * networks that predict both are told one index. A training without noise leaves only the residual.
 */
export function timesAt({ time, objective }: ModelConfig, trained: Schedule, point: Point) {
  const { timesteps } = trained;
  if (time === 'cumulative') {
    return { residualTime: point.alphaBar * timesteps, noiseTime: point.betaBar * timesteps };
  }
  const byNoise = objective !== 'residual' && trained.betaBar[timesteps - 1] > 0;
  const index = byNoise ? nearestIndex(trained.betaBar, point.betaBar) : nearestIndex(trained.alphaBar, point.alphaBar);
  return { residualTime: index, noiseTime: index };
}

/**
 * The states of a run, from the start to the clean image.
 *
 * On a readjusted schedule (Algorithm 1) a network of cumulative times is told the new values. One that is told the index
 * would, by the printed algorithm, still hear the step's index, which then means another noise than it was trained
 * with there: denoising fails (Fig. 5e, finding 2). So the index is matched to the coefficients unless it is to be kept.
 * A noise strength or a schedule of the caller's own keeps the index, as the reference does.
 *
 * @throws RddmError when steps and path do not fit, or an index is to be kept where there is none
 */
export function samplingPoints(
  config: ModelConfig,
  schedule: Schedule,
  run: {
    readonly steps: number;
    readonly times?: TimeSpacing;
    readonly path: Path;
    readonly adjust?: SampleAdjustment | undefined;
  },
): SamplingPoint[] {
  const { steps, times = 'linspace', path, adjust } = run;
  const { index = 'matched', mode = 'none' } = adjust ?? {};
  const isBeside = path !== 'together';
  if (isBeside && adjust && index === 'kept' && config.time === 'index') {
    const remedy = 'on a path of its own the index is matched to the coefficients';
    throw expected('sample', 'adjust.index "matched" with a path', '"kept"', remedy);
  }
  if (isBeside && times !== 'linspace') {
    throw expected('sample', 'times "linspace" with a path of its own, which has no times', `"${times}"`);
  }
  const isMatched = config.time === 'cumulative' || isBeside || (mode !== 'none' && index === 'matched');
  const trained = createSchedule(config.schedule);
  const placed = isBeside
    ? pathPoints(path, schedule, steps).map((point, step) => ({ ...point, time: steps - 1 - step }))
    : samplingTimes(schedule.timesteps, steps, times).map((time) => ({ ...cumulativeAt(schedule, time), time }));
  const points = placed.map((point) => ({
    ...point,
    ...(isMatched ? timesAt(config, trained, point) : { residualTime: point.time, noiseTime: point.time }),
  }));
  if (
    config.objective === 'noise' &&
    points.slice(0, -1).some(({ alphaBar, betaBar }) => alphaBar === 1 && betaBar === 0)
  ) {
    const what =
      'a path that keeps noise in the image while the whole residual is there, for a network that predicts noise';
    throw expected('sample', what, 'a point [1, 0]', 'remove the residual first');
  }
  return points;
}
