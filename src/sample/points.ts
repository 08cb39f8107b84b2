/**
 * The states that a sampling run visits, and the time that the networks are told at each: the one list that the
 * sampler walks. Which states there are is decided in model/reverse-way.ts.
 */
import type { Point } from '../diffusion/point.ts';
import { createSchedule, type Schedule } from '../diffusion/schedule.ts';
import type { ModelConfig } from '../model/config.ts';
import type { ReverseWay, WayPoint } from '../model/reverse-way.ts';

/** One state of a run. */
export interface SamplingPoint extends WayPoint {
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
 * The states of a way, each with what the networks are told there.
 *
 * On a readjusted schedule (Algorithm 1) a network of cumulative times is told the new values. One that is told the index
 * would, by the printed algorithm, still hear the step's index, which then means another noise than it was trained
 * with there: denoising fails (Fig. 5e, finding 2). So the index is matched to the coefficients unless it is to be kept.
 * A noise strength or a schedule of the caller's own keeps the index, as the reference does.
 */
export function samplingPoints(
  config: ModelConfig,
  { points, path, adjust }: Pick<ReverseWay, 'points' | 'path' | 'adjust'>,
): SamplingPoint[] {
  const { index = 'matched', mode = 'none' } = adjust ?? {};
  const isMatched = config.time === 'cumulative' || path !== 'together' || (mode !== 'none' && index === 'matched');
  const trained = createSchedule(config.schedule);
  return points.map((point) => ({
    ...point,
    ...(isMatched ? timesAt(config, trained, point) : { residualTime: point.time, noiseTime: point.time }),
  }));
}
