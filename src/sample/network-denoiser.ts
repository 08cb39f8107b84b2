/**
 * A trained model as the sampler's denoiser: its networks with constant weights, a program for the image
 * size at hand, kept while the size stays.
 */

import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { type Shape, sameShape } from '../math/shape.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import { embeddedTimes } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { networkFeeds, networks } from '../model/networks.ts';
import { quantizedNetworks } from '../model/quantized.ts';
import { constantParameters } from '../nn/parameters.ts';
import type { Executable, Runtime } from '../runtime/runtime.ts';
import type { Denoiser } from './denoiser.ts';

/** A denoiser that holds sessions of a runtime until released. */
export interface NetworkDenoiser extends Denoiser {
  release(): Promise<void>;
}

/**
 * The inference program of a model for images [N, C, H, W].
 *
 * @param kernels of 8-bit convolutions, by layer, from an earlier program of the model; those of this one are added
 */
export function inferenceProgram(
  config: ModelConfig,
  weights: TensorMap,
  [batch, , height, width]: Shape,
  kernels?: Map<string, Node>,
): Program {
  const inputs = networkFeeds(config, batch, height, width);
  const outputs = networks(config, inputs, constantParameters(weights)) as Record<string, Node>;
  const { quantization } = config;
  return createProgram('denoise', quantization ? quantizedNetworks(outputs, weights, quantization, kernels) : outputs);
}

/**
 * Programs of a model as its denoiser.
 *
 * @param build the program for images [N, C, H, W]; its outputs are the model's predictions, and any others
 * @param seen hears all outputs of each call
 */
export function createProgramDenoiser(
  runtime: Runtime,
  config: ModelConfig,
  build: (shape: Shape) => Program,
  seen: (results: TensorMap) => void = () => {},
): NetworkDenoiser {
  // One size at a time: a large photograph's program holds gigabytes. The queue lets a size go before the next comes.
  let current: { readonly shape: Shape; readonly executable: Executable } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const forShape = async (shape: Shape): Promise<Executable> => {
    if (current && sameShape(current.shape, shape)) return current.executable;
    const previous = current;
    current = undefined;
    await previous?.executable.release();
    const executable = await runtime.load({ denoise: build(shape) });
    current = { shape, executable };
    return executable;
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  return {
    config,
    async predict({ noisy, input, mask, residualTime, noiseTime }) {
      const embedded = (time: number): Tensor =>
        embeddedTimes(config.unet, new Array<number>(noisy.shape[0]).fill(time));
      const feeds = {
        noisy,
        ...(config.condition !== 'none' && input && { input }),
        ...(mask && { mask }),
        residualTime: embedded(residualTime),
        ...(config.time === 'cumulative' && { noiseTime: embedded(noiseTime) }),
      };
      return inTurn(async () => {
        const results = await (await forShape(noisy.shape)).run('denoise', feeds);
        seen(results);
        return results;
      });
    },
    async release() {
      await inTurn(async () => current?.executable.release());
      current = undefined;
    },
  };
}

/**
 * Makes a model callable.
 *
 * @param weights every weight of the model by its reference name
 * @throws RddmError from `predict` when a weight is missing or has another shape
 *
 * @example
 * ```ts
 * import { createNetworkDenoiser, createReferenceRuntime, filled, initialWeights, modelConfig, modelParameters, sampleFinal } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 }, sampling: { steps: 2 } });
 * const weights = initialWeights(modelParameters(config), 0);
 * const denoiser = createNetworkDenoiser(createReferenceRuntime(), config, weights);
 * const restored = await sampleFinal(denoiser, { input: filled([1, 3, 4, 4], 0) });
 * assert.deepEqual(restored.shape, [1, 3, 4, 4]);
 * ```
 */
export function createNetworkDenoiser(runtime: Runtime, config: ModelConfig, weights: TensorMap): NetworkDenoiser {
  if (config.quantization && runtime.device === 'webgpu') {
    const remedy = 'use the device cpu, or the model that it was made from';
    throw expected('model', 'a device that multiplies 8-bit integers', runtime.device, remedy);
  }
  const kernels = new Map<string, Node>();
  return createProgramDenoiser(runtime, config, (shape) => inferenceProgram(config, weights, shape, kernels));
}
