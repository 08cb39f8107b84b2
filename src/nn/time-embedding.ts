/**
 * The sinusoidal embedding of time. It is computed outside the graph and fed: it holds no weights,
 * and a GPU's sine may be off by 2⁻¹¹. Rounded where the reference's float32 rounds, because at t = 999
 * those roundings show.
 */
import { expected } from '../math/errors.ts';
import { filled, type Tensor } from '../math/tensor.ts';

/**
 * Sines, then cosines, of each time at dim/2 frequencies from 1 to 1/10000.
 *
 * @param times one number an image, an index 0 … T − 1 or a cumulative coefficient times T
 * @param dim an even number of at least 4
 * @returns [N, dim]
 * @throws RddmError when dim is odd or less than 4, or a time is not finite
 *
 * @example
 * ```ts
 * import { timeEmbedding } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...timeEmbedding([0], 4).data], [0, 0, 1, 1]);
 * ```
 */
export function timeEmbedding(times: ArrayLike<number>, dim: number): Tensor {
  const half = dim / 2;
  if (!Number.isInteger(half) || half < 2) throw expected('timeEmbedding', 'an even dim of at least 4', String(dim));
  const result = filled([times.length, dim], 0);
  const step = Math.fround(-Math.log(10000) / (half - 1));
  for (let i = 0; i < times.length; i++) {
    if (!Number.isFinite(times[i])) throw expected('timeEmbedding', 'finite times', String(times[i]));
    for (let k = 0; k < half; k++) {
      const frequency = Math.fround(Math.exp(Math.fround(k * step)));
      const angle = Math.fround(Math.fround(times[i]) * frequency);
      result.data[i * dim + k] = Math.sin(angle);
      result.data[i * dim + half + k] = Math.cos(angle);
    }
  }
  return result;
}
