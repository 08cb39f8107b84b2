/**
 * The distribution of values, counted as they arrive: gives the range that holds nearly all of them without keeping
 * them. Bins have equal width and lie around 0; when a value lies beyond the last bin, pairs of bins are merged until
 * it fits.
 */

/** Bins on each side of 0: each is a 16th of a step where 255 steps cover the whole range. */
const HALF = 2048;

/** Counts of the values between −limit and limit. */
export interface Histogram {
  /** A power of 2; 0 until a value other than 0 arrives. */
  readonly limit: number;
  readonly counts: Float64Array;
  readonly total: number;
}

export const emptyHistogram: Histogram = { limit: 0, counts: new Float64Array(2 * HALF), total: 0 };

/** Doubles the width of the bins until they reach `limit`. */
function widened({ limit: old, counts }: Histogram, limit: number): Float64Array {
  const result = new Float64Array(2 * HALF);
  const factor = old === 0 ? 1 : limit / old;
  counts.forEach((count, bin) => {
    result[HALF + Math.floor((bin - HALF) / factor)] += count;
  });
  return result;
}

/**
 * Counts more values, which must be finite.
 *
 * @returns a new histogram; the given one is not changed
 */
export function counted(histogram: Histogram, values: Float32Array): Histogram {
  let largest = histogram.limit;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  // Beyond the largest value, so that it has a bin.
  const limit = largest > histogram.limit ? 2 ** (Math.floor(Math.log2(largest)) + 1) : histogram.limit;
  const counts = widened(histogram, limit);
  const scale = limit > 0 ? HALF / limit : 0;
  for (let i = 0; i < values.length; i++) counts[HALF + Math.floor(values[i] * scale)]++;
  return { limit, counts, total: histogram.total + values.length };
}

/**
 * The range, to the width of a bin, that holds all but `share` of the values at each end.
 *
 * @param share the share of values that may lie below the range, and the share that may lie above; 0 for none
 */
export function rangeOf({ limit, counts, total }: Histogram, share: number): [low: number, high: number] {
  const spare = share * total;
  /** How many bins at the end `from` may be left out. */
  const outside = (from: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      sum += counts[from(i)];
      if (sum > spare) return i;
    }
    return counts.length;
  };
  const low = outside((i) => i);
  const high = outside((i) => counts.length - 1 - i);
  if (low + high >= counts.length) return [0, 0];
  const width = limit / HALF;
  return [(low - HALF) * width, (counts.length - high - HALF) * width];
}
