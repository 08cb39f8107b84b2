/**
 * The power curves P(x, a) of the paper (Algorithm 1), in the discrete form of the reference: T shares
 * that sum to 1, proportional to 1 … T (`increasing`, P(x, 1)), to T … 1 (`decreasing`, P(1 − x, 1)) or equal
 * (`mean`, P(x, 0)). Other exponents belong to the change of schedule while sampling and are left out.
 */

/** How a share changes over time. */
export const courses = ['decreasing', 'increasing', 'mean'] as const;
export type Course = (typeof courses)[number];

/** A curve's shares and their running sum; the last sum is exactly 1. */
export interface PowerCurve {
  readonly increments: Float64Array;
  readonly cumulative: Float64Array;
}

/** The curve of a course over T steps. The running sum is exact in integers and divided once. */
export function powerCurve(course: Course, timesteps: number): PowerCurve {
  const weight = {
    decreasing: (time: number) => timesteps - time,
    increasing: (time: number) => time + 1,
    mean: () => 1,
  }[course];
  const total = course === 'mean' ? timesteps : (timesteps * (timesteps + 1)) / 2;
  const increments = new Float64Array(timesteps);
  const cumulative = new Float64Array(timesteps);
  let sum = 0;
  for (let time = 0; time < timesteps; time++) {
    sum += weight(time);
    increments[time] = weight(time) / total;
    cumulative[time] = sum / total;
  }
  return { increments, cumulative };
}
