/**
 * What a sampling run will do, decided and checked before the network is first called: options completed from the
 * model's configuration, or one sentence about what does not fit.
 */
import type { Objective } from '../diffusion/objective.ts';
import { type Update, updates } from '../diffusion/remix.ts';
import type { VarianceKind } from '../diffusion/variance.ts';
import { expected } from '../math/errors.ts';
import { type Shape, sameShape, showShape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { reverseWay } from '../model/reverse-way.ts';
import type { SampleOptions } from './options.ts';
import { type SamplingPoint, samplingPoints } from './points.ts';

/** A run, ready to start. */
export interface SamplingPlan {
  readonly shape: Shape;
  readonly input: Tensor | undefined;
  /** What the network sees besides I_t. */
  readonly condition: { readonly input?: Tensor; readonly mask?: Tensor };
  /** The states from the start to the clean image, one more than the steps. */
  readonly points: readonly SamplingPoint[];
  /** What is taken from each prediction. */
  readonly objective: Objective;
  readonly eta: number;
  readonly variance: VarianceKind;
  readonly update: Update;
  readonly clip: 'reference' | 'none';
  readonly seed: number;
  /** The standard deviation of the noise at the start. */
  readonly startDeviation: number;
}

/** @throws RddmError if options and model do not fit; messages name `sample` */
export function planSampling(config: ModelConfig, options: SampleOptions): SamplingPlan {
  const { clip = config.sampling.clip, seed = 0 } = options;
  const where = 'sample';
  if (clip !== 'reference' && clip !== 'none')
    throw expected(where, 'clip "reference" or "none"', String(clip), { field: 'clip' });
  if (!Number.isSafeInteger(seed)) throw expected(where, 'seed, an integer', String(seed), { field: 'seed' });

  const way = planSteps(config, options);
  const steps = way.points.length - 1;
  const { input, mask, shape } = chooseImages(config, options);
  const { initialNoise, stepNoise } = options;
  if (initialNoise && !sameShape(initialNoise.shape, shape)) {
    throw expected(where, `initialNoise of ${showShape(shape)}`, showShape(initialNoise.shape), {
      field: 'initialNoise',
    });
  }
  if (stepNoise && way.eta > 0 && stepNoise.length < steps - 1) {
    throw expected(where, `stepNoise for ${steps - 1} steps, all but the last`, `${stepNoise.length} tensors`, {
      field: 'stepNoise',
    });
  }
  for (const [index, noise] of (stepNoise ?? []).entries()) {
    if (!sameShape(noise.shape, shape)) {
      throw expected(where, `stepNoise of ${showShape(shape)}`, `${showShape(noise.shape)} at ${index}`, {
        field: 'stepNoise',
      });
    }
  }
  return {
    shape,
    input,
    condition: {
      ...(input && config.condition !== 'none' && { input }),
      ...(mask && { mask }),
    },
    ...way,
    clip,
    seed,
  };
}

/**
 * The steps of a run, which do not depend on the image: the states to visit, and the noise of the first.
 *
 * @throws RddmError if schedule, steps, path, η and variance do not fit the model or each other
 */
export function planSteps(config: ModelConfig, options: SampleOptions) {
  const { update = config.sampling.update } = options;
  if (!updates.includes(update))
    throw expected('sample', `update ${updates.join(', ')}`, String(update), { field: 'update' });
  const { path, adjust, points, ...way } = reverseWay(config, options);
  return { ...way, update, points: samplingPoints(config, { path, adjust, points }) };
}

function chooseImages(config: ModelConfig, { input, mask, shape }: SampleOptions) {
  const where = 'sample';
  const { task, condition } = config;
  const { channels } = config.unet;
  if (task === 'generation') {
    if (input)
      throw expected(where, 'no input, since the model generates', `one of ${showShape(input.shape)}`, {
        field: 'input',
      });
    if (!shape)
      throw expected(where, 'the shape to generate', 'none', {
        remedy: `pass shape: [count, ${channels}, height, width]`,
        field: 'shape',
      });
  } else if (!input) {
    throw expected(where, `an input image for ${task}`, 'none', { field: 'input' });
  }
  if (condition === 'input-and-mask' && !mask)
    throw expected(where, 'a mask, which the network sees', 'none', { field: 'mask' });
  if (condition !== 'input-and-mask' && mask) {
    throw expected(where, 'no mask, which this network does not use', `one of ${showShape(mask.shape)}`, {
      field: 'mask',
    });
  }
  const chosen = (input?.shape ?? shape) as Shape;
  if (chosen.length !== 4 || chosen[1] !== channels || !chosen.every((size) => Number.isInteger(size) && size > 0)) {
    const name = input ? 'an input' : 'a shape';
    throw expected(where, `${name} [N, ${channels}, H, W]`, showShape(chosen), { field: input ? 'input' : 'shape' });
  }
  if (shape && !sameShape(shape, chosen)) {
    throw expected(where, `the shape of the input, ${showShape(chosen)}`, showShape(shape), { field: 'shape' });
  }
  if (mask && !sameShape(mask.shape, chosen)) {
    throw expected(where, `a mask of ${showShape(chosen)}`, showShape(mask.shape), { field: 'mask' });
  }
  return { input, mask, shape: chosen };
}
