/**
 * The states that a sampling run visits, and the time input of the networks at each: the list that the sampler walks.
 * model/reverse-way.ts decides which states there are.
 */
import type { Point } from '../diffusion/point.ts';
import { createSchedule, type Schedule } from '../diffusion/schedule.ts';
import type { ModelConfig } from '../model/config.ts';
import type { ReverseWay, WayPoint } from '../model/reverse-way.ts';

/** One state of a run. */
export interface SamplingPoint extends WayPoint {
  /** The time input of the residual's network. */
  readonly residualTime: number;
  /** The time input of the noise's network. */
  readonly noiseTime: number;
}

/**
 * The index whose table entry is nearest to a value; of equal entries the last, since flat ends belong to the end.
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
 * The time inputs of a model's networks at a point that belongs to no index of its training: with cumulative time the
 * point's own coefficients (section 5.2), else the index at which training had the coefficient that counts.
 *
 * For a network that predicts only the residual, that is the residual's coefficient. For every other it is the noise's:
 * the index says how strong the noise is ("the time condition t represents the current noise intensity", section 5.2),
 * and networks that predict both share one index. Training without noise leaves only the residual.
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
 * The states of a way, each with the networks' time inputs there.
 *
 * On a readjusted schedule (Algorithm 1) a network with cumulative times gets the new values. By the printed algorithm
 * a network with index times would still get the step's index, which then stands for another noise than in training,
 * and denoising fails (Fig. 5e, finding 2). So the index is matched to the coefficients unless it is to be kept. With
 * the caller's own noise strength or schedule the index is kept, as in the reference.
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
