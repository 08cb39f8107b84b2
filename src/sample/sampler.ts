/**
 * The reverse process as an async generator (Eq. 12, 13; Algorithm 1): starts from the noisy input, calls the network
 * at each point of the plan, and yields every intermediate image. One loop serves restoration and generation, every
 * objective, any number of steps and any path through the plane of residual and noise. Whether a
 * network sees the image whole or in tiles is the denoiser's matter.
 */
import { combine } from '../diffusion/combine.ts';
import { interpretAt, type Objective } from '../diffusion/objective.ts';
import type { Point } from '../diffusion/point.ts';
import { impliedNoise, remixedAt } from '../diffusion/remix.ts';
import { reverseBetween } from '../diffusion/reverse.ts';
import { varianceBetween } from '../diffusion/variance.ts';
import { expected } from '../math/errors.ts';
import { normalTensor } from '../math/random.ts';
import { type Shape, sameShape, showShape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import type { Denoiser, DenoiserAnswer } from './denoiser.ts';
import type { SampleOptions } from './options.ts';
import { planSampling } from './plan.ts';

/** What a sampler yields: the start, then one event per step. Tensors may be kept, but not written to. */
export type SampleEvent =
  | {
      readonly kind: 'start';
      readonly steps: number;
      /** I_T, the noise-carrying input. */
      readonly image: Tensor;
    }
  | {
      readonly kind: 'step';
      /** 1 … steps */
      readonly step: number;
      readonly steps: number;
      /** The time of the network's call, T − 1 first; off the schedule, the number of remaining steps minus one. */
      readonly time: number;
      /** The time of `image`; −1 at the last step. */
      readonly nextTime: number;
      /** ᾱ and β̄ of the state where the step started. */
      readonly from: Point;
      /** ᾱ and β̄ of `image`. */
      readonly to: Point;
      /** I_s; at the last step the predicted clean image. */
      readonly image: Tensor;
      /** I_0^θ */
      readonly clean: Tensor;
      /** I_res^θ */
      readonly residual: Tensor;
      /** ε^θ */
      readonly noise: Tensor;
    };

/**
 * Runs the reverse process and yields its images.
 *
 * @throws RddmError before the first event if options and model do not fit; at a step if the network omits what its
 *   objective names, or returns another shape or values that are not finite
 * @throws the reason of `signal` (an `AbortError` unless the caller gave another) if it is aborted; checked before and
 *   after each call of the network
 *
 * @example
 * ```ts
 * import { filled, modelConfig, sample } from 'rddm';
 * import assert from 'node:assert/strict';
 * // A network that always finds a residual of 0.5.
 * const denoiser = {
 *   config: modelConfig({ sampling: { steps: 2 } }),
 *   predict: async () => ({ residual: filled([1, 3, 4, 4], 0.5) }),
 * };
 * const kinds = [];
 * let image;
 * for await (const event of sample(denoiser, { input: filled([1, 3, 4, 4], 0.75) })) {
 *   kinds.push(event.kind);
 *   image = event.image;
 * }
 * assert.deepEqual(kinds, ['start', 'step', 'step']);
 * assert.equal(image?.data[0], 0.25);
 * ```
 */
export async function* sample(denoiser: Denoiser, options: SampleOptions = {}): AsyncGenerator<SampleEvent, void> {
  const { config } = denoiser;
  const { signal, stepNoise } = options;
  const { shape, input, condition, points, seed, startDeviation, ...plan } = planSampling(config, options);
  const { objective, eta, variance, update, clip } = plan;
  const steps = points.length - 1;
  // If only one of two predictions counts, only its network runs.
  const method = objective !== config.objective && objective !== 'clean' ? { method: objective } : {};

  signal?.throwIfAborted();
  const initialNoise = options.initialNoise ?? normalTensor(shape, seed, ['sample', 'start']);
  let image = combine('sample', [
    [1, input],
    [startDeviation, initialNoise],
  ]);
  yield { kind: 'start', steps, image };

  for (let step = 1; step <= steps; step++) {
    const [from, to] = [points[step - 1], points[step]];
    const { time, residualTime, noiseTime } = from;
    signal?.throwIfAborted();
    const predicted = await denoiser.predict({ noisy: image, ...condition, residualTime, noiseTime, ...method });
    signal?.throwIfAborted();
    checkAnswer(predicted, objective, shape, `step ${step} of ${steps} (time ${time})`);

    const estimate = interpretAt({ at: from, objective, clip, noisy: image, input, predicted });
    if (step === steps) {
      image = estimate.clean;
    } else {
      const isRandom = varianceBetween(from, to, eta, variance) > 0;
      const fresh = isRandom
        ? (stepNoise?.[step - 1] ?? normalTensor(shape, seed, ['sample', 'step', step]))
        : undefined;
      const { residual, noise } = estimate;
      const way = { from, to, eta, variance, fresh };
      image =
        update === 'difference'
          ? reverseBetween({ ...way, noisy: image, residual, noise })
          : remixedAt({
              ...way,
              ...estimate,
              ...(update === 'implied-noise' && { noise: impliedNoise(from, image, estimate) }),
            });
    }
    yield { kind: 'step', step, steps, time, nextTime: to.time, from, to, image, ...estimate };
  }
}

/**
 * Runs the reverse process to its end.
 *
 * @returns the predicted clean image, [N, C, H, W]; in [-1, 1] with clipping
 * @throws like {@link sample}
 *
 * @example
 * ```ts
 * import { filled, modelConfig, sampleFinal } from 'rddm';
 * import assert from 'node:assert/strict';
 * const denoiser = { config: modelConfig({}), predict: async () => ({ residual: filled([1, 3, 4, 4], 0.5) }) };
 * const clean = await sampleFinal(denoiser, { input: filled([1, 3, 4, 4], 0.75), steps: 1 });
 * assert.equal(clean.data[0], 0.25);
 * ```
 */
export async function sampleFinal(denoiser: Denoiser, options: SampleOptions = {}): Promise<Tensor> {
  let image: Tensor | undefined;
  for await (const event of sample(denoiser, options)) image = event.image;
  return image as Tensor;
}

/** Refuses a prediction that would spoil the image: missing, of another shape, or not finite. */
function checkAnswer(predicted: DenoiserAnswer, objective: Objective, shape: Shape, at: string): void {
  const names = objective === 'residual-noise' ? (['residual', 'noise'] as const) : [objective];
  for (const name of names) {
    const tensor = predicted[name];
    if (!tensor) throw expected('sample', `the network to predict the ${name} at ${at}`, 'none');
    if (!sameShape(tensor.shape, shape)) {
      throw expected('sample', `a predicted ${name} of ${showShape(shape)} at ${at}`, showShape(tensor.shape));
    }
    const wrong = tensor.data.find((value) => !Number.isFinite(value));
    if (wrong !== undefined) {
      throw expected(
        'sample',
        `finite numbers in the predicted ${name} at ${at}`,
        String(wrong),
        'the weights or the input contain NaN or Infinity, or the training diverged',
      );
    }
  }
}
