/**
 * The forward process (section 4.1): how residual and noise enter the clean image. It makes the training pairs;
 * sampling reverses it. The trainer decides which times are drawn.
 */
import { expected } from '../math/errors.ts';
import { elementCount, showShape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { combine, type Term } from './combine.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';

/** One time for the whole batch, or one for each entry of its first axis; −1 … T − 1. */
export type Times = number | readonly number[];

/**
 * I_res = I_in − I_0; without an input (generation) −I_0. Values in [-2, 2] for images in [-1, 1].
 *
 * @throws RddmError if the shapes differ
 *
 * @example
 * ```ts
 * import { residualOf, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const clean = tensor([2], [0.5, -1]);
 * assert.deepEqual([...residualOf(clean, tensor([2], [0.75, 1])).data], [0.25, 2]);
 * assert.deepEqual([...residualOf(clean).data], [-0.5, 1]);
 * ```
 */
export function residualOf(clean: Tensor, input?: Tensor): Tensor {
  return combine('residualOf', [
    [1, input],
    [-1, clean],
  ]);
}

/**
 * The noisy state from the clean image, I_t = I_0 + ᾱ_t I_res + β̄_t ε (Eq. 7).
 *
 * @param time one time, or one for each image of the batch; −1 gives the clean image
 * @param parts tensors of one shape; the clean image in [-1, 1], ε of unit variance
 * @throws RddmError if shapes differ, a time is out of range, or there is not one time per image
 *
 * @example
 * ```ts
 * import { createSchedule, forwardProcess, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 4, noiseStrength: 0.25 });
 * const parts = { clean: tensor([2], [1, 1]), residual: tensor([2], [-1, -1]), noise: tensor([2], [2, 2]) };
 * // The last state has lost the clean image: I_in + 0.5 ε. Time -1 is the clean image.
 * assert.deepEqual([...forwardProcess(schedule, [3, -1], parts).data], [1, 1]);
 * ```
 */
export function forwardProcess(
  schedule: Schedule,
  time: Times,
  parts: { readonly clean: Tensor; readonly residual: Tensor; readonly noise: Tensor },
): Tensor {
  const where = 'forwardProcess';
  const { clean, residual, noise } = parts;
  return perEntry(where, time, [clean, residual, noise], (at, [cleanEntry, residualEntry, noiseEntry]) => {
    const { alphaBar, betaBar } = cumulativeAt(schedule, at, where);
    return [
      [1, cleanEntry],
      [alphaBar, residualEntry],
      [betaBar, noiseEntry],
    ]; // Eq. 7
  });
}

/**
 * The same state from the degraded input, I_t = I_in + (ᾱ_t − 1) I_res + β̄_t ε (Eq. 16).
 *
 * @throws RddmError like {@link forwardProcess}
 *
 * @example
 * ```ts
 * import { createSchedule, forwardFromInput, forwardProcess, residualOf, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 4 });
 * const [clean, input, noise] = [tensor([1], [0.5]), tensor([1], [-0.25]), tensor([1], [1.5])];
 * const residual = residualOf(clean, input);
 * const [fromInput] = forwardFromInput(schedule, 2, { input, residual, noise }).data;
 * const [fromClean] = forwardProcess(schedule, 2, { clean, residual, noise }).data;
 * assert.ok(Math.abs(fromInput - fromClean) < 1e-6);
 * ```
 */
export function forwardFromInput(
  schedule: Schedule,
  time: Times,
  parts: { readonly input: Tensor; readonly residual: Tensor; readonly noise: Tensor },
): Tensor {
  const where = 'forwardFromInput';
  const { input, residual, noise } = parts;
  return perEntry(where, time, [input, residual, noise], (at, [inputEntry, residualEntry, noiseEntry]) => {
    const { alphaBar, betaBar } = cumulativeAt(schedule, at, where);
    return [
      [1, inputEntry],
      [alphaBar - 1, residualEntry],
      [betaBar, noiseEntry],
    ]; // Eq. 16
  });
}

/**
 * One step of the process, I_t = I_{t−1} + α_t I_res + β_t ε (Eq. 6).
 *
 * @param time the time of the result, 0 … T − 1
 * @throws RddmError if shapes differ or the time is out of range
 *
 * @example
 * ```ts
 * import { createSchedule, forwardStep, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const schedule = createSchedule({ timesteps: 2, alpha: 'mean', beta: 'mean', noiseStrength: 0.5 });
 * const parts = { previous: tensor([1], [0.5]), residual: tensor([1], [-1]), noise: tensor([1], [2]) };
 * // In each of the two steps alpha is 1/2, and the variance of the noise 1/4.
 * assert.deepEqual([...forwardStep(schedule, 0, parts).data], [1]);
 * ```
 */
export function forwardStep(
  schedule: Schedule,
  time: number,
  parts: { readonly previous: Tensor; readonly residual: Tensor; readonly noise: Tensor },
): Tensor {
  const where = 'forwardStep';
  if (time === -1) throw expected(where, 'a time from 0, that of the result', '-1');
  cumulativeAt(schedule, time, where);
  return combine(where, [
    [1, parts.previous],
    [schedule.alpha[time], parts.residual],
    [Math.sqrt(schedule.betaSquared[time]), parts.noise],
  ]); // Eq. 6
}

/** Combines each entry of the first axis with the coefficients of its own time. */
function perEntry(
  where: string,
  time: Times,
  tensors: readonly Tensor[],
  terms: (time: number, tensors: readonly Tensor[]) => readonly Term[],
): Tensor {
  if (typeof time === 'number') return combine(where, terms(time, tensors));
  const [count, ...entryShape] = tensors[0].shape;
  if (time.length !== count) {
    throw expected(where, `one time, or one for each of ${count} images`, `${time.length} times`);
  }
  const size = elementCount(entryShape);
  const wrong = tensors.find(({ data }) => data.length !== size * count);
  if (wrong) throw expected(where, `tensors of ${showShape(tensors[0].shape)}`, showShape(wrong.shape));
  const result = filled(tensors[0].shape, 0);
  for (let entry = 0; entry < count; entry++) {
    const slices = tensors.map(({ shape, data }) => ({
      shape: shape.slice(1),
      data: data.subarray(entry * size, (entry + 1) * size),
    }));
    result.data.set(combine(where, terms(time[entry], slices)).data, entry * size);
  }
  return result;
}
