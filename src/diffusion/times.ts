/**
 * The times that a sampler visits: by default the integers of linspace(−1, T − 1, steps + 1), from the last to −1.
 *
 * The reference computes them in float32 and truncates towards zero, so where k·T/steps is whole, rounding decides
 * between an index and the one before. This file repeats torch.linspace's definition (from the start in the first half,
 * from the end in the second), as its CUDA kernel computes it; fused multiply-add does not change the integers. The CPU
 * kernel has no single sequence: it counts on from the first lane of a vector, so the processor's vector width decides.
 * For T = 1000 and 1 … 1000 steps, torch 1.13 differs from this file at 197 step counts on AVX2 and at 179 on AVX-512
 * (and between the two), by one index at one or a few times; the smallest such count is 26. At 1 … 25, 30, 32, 40, 50,
 * 64, 100, 125, 128, 200, 250, 256, 500, 512 and 1000 steps all agree, also with integer arithmetic. Every step count
 * of T up to 10,000 gives strictly decreasing times; far beyond, float32 can no longer separate some.
 */
import { expected } from '../math/errors.ts';

/** How times are spread: the reference's linspace, or every ⌊T/steps⌋th from 0, as in DDIM and diffusers. */
export const timeSpacings = ['linspace', 'leading'] as const;
export type TimeSpacing = (typeof timeSpacings)[number];

/**
 * The times of a reverse process in `steps` steps: `steps + 1` integers, strictly decreasing to −1. They start at T −
 * 1, or with `leading` at (steps − 1) ⌊T/steps⌋, which is lower.
 *
 * @param timesteps T
 * @param steps 1 … T
 * @throws RddmError if either is not an integer in its range, or T is so large that two times coincide
 *
 * @example
 * ```ts
 * import { samplingTimes } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(samplingTimes(1000, 5), [999, 799, 599, 399, 199, -1]);
 * assert.deepEqual(samplingTimes(1000, 3), [999, 665, 332, -1]);
 * assert.deepEqual(samplingTimes(1000, 3, 'leading'), [666, 333, 0, -1]);
 * ```
 */
export function samplingTimes(timesteps: number, steps: number, spacing: TimeSpacing = 'linspace'): number[] {
  const where = 'samplingTimes';
  if (!Number.isInteger(timesteps) || timesteps < 1) {
    throw expected(where, 'timesteps, an integer from 1', timesteps);
  }
  if (!Number.isInteger(steps) || steps < 1 || steps > timesteps) {
    throw expected(where, `1 to ${timesteps} steps, at most one per timestep`, steps, { field: 'steps' });
  }
  if (!timeSpacings.includes(spacing))
    throw expected(where, `times ${timeSpacings.join(' or ')}`, spacing, { field: 'times' });
  if (spacing === 'leading') {
    const distance = Math.floor(timesteps / steps);
    return [...Array.from({ length: steps }, (_, index) => (steps - 1 - index) * distance), -1];
  }
  const last = timesteps - 1;
  const distance = Math.fround(timesteps / steps);
  const half = Math.floor((steps + 1) / 2);
  const times = new Array<number>(steps + 1);
  for (let index = 0; index <= steps; index++) {
    const value =
      index < half
        ? Math.fround(-1 + Math.fround(distance * index))
        : Math.fround(last - Math.fround(distance * (steps - index)));
    // Adding 0 turns −0, the truncation of −0.3, into 0.
    times[steps - index] = Math.trunc(value) + 0;
  }
  if (times.some((time, index) => index > 0 && time >= times[index - 1])) {
    throw expected(where, 'different times', `two equal ones in ${steps} steps of ${timesteps}`, 'take fewer steps');
  }
  return times;
}
