/** A summary of a handful of timings: the median, and their spread. */
import { expected } from '../src/math/errors.ts';

/** Five numbers that describe timings, in seconds. */
export interface Summary {
  readonly median_s: number;
  readonly spread: {
    readonly min_s: number;
    readonly lower_quartile_s: number;
    readonly upper_quartile_s: number;
    readonly max_s: number;
  };
}

/** The quantile of sorted values, interpolated between two of them. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/**
 * Summarises timings.
 *
 * @throws RddmError if there are none, or one is not a number of seconds
 */
export function summarise(seconds: readonly number[]): Summary {
  const wrong = seconds.find((value) => !(Number.isFinite(value) && value >= 0));
  if (wrong !== undefined) throw expected('summarise', 'numbers of seconds', String(wrong));
  if (seconds.length === 0) throw expected('summarise', 'at least one timing', 'none');
  const sorted = [...seconds].sort((a, b) => a - b);
  return {
    median_s: quantile(sorted, 0.5),
    spread: {
      min_s: sorted[0],
      lower_quartile_s: quantile(sorted, 0.25),
      upper_quartile_s: quantile(sorted, 0.75),
      max_s: sorted[sorted.length - 1],
    },
  };
}
