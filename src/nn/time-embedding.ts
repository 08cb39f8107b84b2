/**
 * The sinusoidal embeddings of time. They are computed outside the graph and fed: they have no weights, and a GPU's
 * sine may be off by 2⁻¹¹. They round to float32 where the reference does, because at t = 999 this is visible.
 */
import { expected } from '../math/errors.ts';
import { filled, type Tensor } from '../math/tensor.ts';

/**
 * Sines, then cosines, of each time at dim/2 frequencies from 1 to 1/10000.
 *
 * @param times one number per image, an index 0 … T − 1 or a cumulative coefficient times T
 * @param dim an even number of at least 4
 * @returns [N, dim]
 * @throws RddmError if dim is odd or less than 4, or a time is not finite
 *
 * @example
 * ```ts
 * import { timeEmbedding } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...timeEmbedding([0], 4).data], [0, 0, 1, 1]);
 * ```
 */
export function timeEmbedding(times: ArrayLike<number>, dim: number): Tensor {
  const half = dim / 2;
  if (!Number.isInteger(half) || half < 2) throw expected('timeEmbedding', 'an even dim of at least 4', String(dim));
  const step = Math.fround(-Math.log(10000) / (half - 1));
  return sinusoids('timeEmbedding', times, half, (k) => Math.fround(k * step));
}

/** How diffusers embeds time. */
export interface DiffusersTimeOptions {
  /** Frequencies are 10000^(−k/(half − shift)): 1 ends at 1/10000. */
  readonly frequencyShift: number;
  readonly timeOrder: 'sine-first' | 'cosine-first';
}

/**
 * Diffusers' embedding of time. Its order and its last frequency are settings, and exponents are rounded at other
 * places.
 *
 * @param times one number per image
 * @param dim an even number, its half above `frequencyShift`
 * @returns [N, dim]
 * @throws RddmError if dim does not fit, or a time is not finite
 */
export function diffusersTimeEmbedding(
  times: ArrayLike<number>,
  dim: number,
  { frequencyShift, timeOrder }: DiffusersTimeOptions,
): Tensor {
  const where = 'diffusersTimeEmbedding';
  const half = dim / 2;
  if (!Number.isInteger(half) || half <= frequencyShift) {
    throw expected(where, `an even dim whose half is above the frequency shift ${frequencyShift}`, String(dim));
  }
  const logarithm = Math.fround(-Math.log(10000));
  const exponent = (k: number): number => Math.fround(Math.fround(logarithm * k) / Math.fround(half - frequencyShift));
  return sinusoids(where, times, half, exponent, timeOrder);
}

/** Sines and cosines of each time at the frequencies exp(exponent(k)), k = 0 … half − 1. */
function sinusoids(
  where: string,
  times: ArrayLike<number>,
  half: number,
  exponent: (k: number) => number,
  order: DiffusersTimeOptions['timeOrder'] = 'sine-first',
): Tensor {
  const result = filled([times.length, 2 * half], 0);
  const [sines, cosines] = order === 'sine-first' ? [0, half] : [half, 0];
  for (let i = 0; i < times.length; i++) {
    if (!Number.isFinite(times[i])) throw expected(where, 'finite times', String(times[i]));
    for (let k = 0; k < half; k++) {
      const frequency = Math.fround(Math.exp(exponent(k)));
      const angle = Math.fround(Math.fround(times[i]) * frequency);
      result.data[2 * i * half + sines + k] = Math.sin(angle);
      result.data[2 * i * half + cosines + k] = Math.cos(angle);
    }
  }
  return result;
}
