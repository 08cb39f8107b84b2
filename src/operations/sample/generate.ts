/** Generates pictures from noise, one after the other; a picture does not depend on how many there are. */
import { type Image, tensorToImage } from '../../data/image.ts';
import { expected } from '../../math/errors.ts';
import type { Tensor } from '../../math/tensor.ts';
import type { ModelConfig } from '../../model/config.ts';
import { networkOf } from '../../networks/registry.ts';
import type { Denoiser } from '../../sample/denoiser.ts';
import type { SampleOptions } from '../../sample/options.ts';
import { sample } from '../../sample/sampler.ts';
import type { Size } from '../inspect/size.ts';

/** How many pictures of which size; omitted options come from the model's configuration. */
export interface GenerationOptions
  extends Omit<SampleOptions, 'input' | 'mask' | 'shape' | 'initialNoise' | 'stepNoise'> {
  /** Default 1. */
  readonly count?: number | undefined;
  /** By default the training size if known, else 64×64. */
  readonly size?: Size | undefined;
  /** The seed of the first picture, by default 0; each next one has the next seed. */
  readonly seed?: number | undefined;
}

/** The events of the picture at `index`. */
export type GenerationEvent =
  | { readonly kind: 'step'; readonly index: number; readonly step: number; readonly steps: number }
  | { readonly kind: 'generated'; readonly index: number; readonly seed: number; readonly image: Image };

/**
 * The size of the pictures to generate.
 *
 * @param where the caller, for messages: a function, or the model's name
 * @throws RddmError if the model does not generate, or not pictures of this size
 */
export function generatedSize({ task, unet }: ModelConfig, size: Size | undefined, where: string): Size {
  if (task !== 'generation') {
    const remedy = 'pass explicit tensors, or restore with it';
    throw expected(where, 'a model of task generation', `one of task ${task}`, { remedy, field: 'model' });
  }
  const { sizeMultiple, trainedSize = { height: 64, width: 64 } } = networkOf(unet);
  const { height, width } = size ?? trainedSize;
  if (height % sizeMultiple !== 0 || width % sizeMultiple !== 0) {
    throw expected(where, `a size divisible by ${sizeMultiple}`, `${height}x${width}`, { field: 'size' });
  }
  return { height, width };
}

/**
 * Generates pictures.
 *
 * @throws RddmError if the model does not generate, or options and model do not fit each other
 * @throws the reason of `signal` if it is aborted
 *
 * @example
 * ```ts
 * import { createNetworkDenoiser, generatePictures, initialWeights, modelConfig, modelParameters } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const unet = { dim: 4, multipliers: [1], groups: 2 };
 * const config = modelConfig({ task: 'generation', condition: 'none', objective: 'noise', unet, sampling: { steps: 2 } });
 * const weights = initialWeights(modelParameters(config), 0);
 * const denoiser = createNetworkDenoiser(createReferenceRuntime(), config, weights);
 * const seeds = [];
 * for await (const event of generatePictures(denoiser, { count: 2, size: { height: 4, width: 4 }, seed: 7 })) {
 *   if (event.kind === 'generated') seeds.push(event.seed);
 * }
 * assert.deepEqual(seeds, [7, 8]);
 * ```
 */
export async function* generatePictures(
  denoiser: Denoiser,
  options: GenerationOptions = {},
): AsyncGenerator<GenerationEvent, void> {
  const { config } = denoiser;
  const { count = 1, size, seed = 0, ...sampling } = options;
  const { height, width } = generatedSize(config, size, 'generate');
  const shape = [1, config.unet.channels, height, width];
  for (let index = 0; index < count; index++) {
    let image: Tensor | undefined;
    for await (const event of sample(denoiser, { ...sampling, shape, seed: seed + index })) {
      image = event.image;
      if (event.kind === 'step') yield { kind: 'step', index, step: event.step, steps: event.steps };
    }
    yield { kind: 'generated', index, seed: seed + index, image: tensorToImage(image as Tensor) };
  }
}
