/**
 * A trained model as the sampler's denoiser: its networks with constant weights, in a program for the current image
 * size, which is kept until the size changes.
 */

import type { SamplingMethod } from '../diffusion/objective.ts';
import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { type Shape, sameShape } from '../math/shape.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';
import { networkFeeds, networks } from '../model/networks.ts';
import { quantizedNetworks } from '../model/quantized.ts';
import { networkOf } from '../networks/registry.ts';
import { constantParameters } from '../nn/parameters.ts';
import type { Executable, Runtime } from '../runtime/runtime.ts';
import type { Denoiser } from './denoiser.ts';

/** A denoiser that holds sessions of a runtime until released. */
export interface NetworkDenoiser extends Denoiser {
  /** Frees the sessions; a later `predict` opens new ones. */
  release(): Promise<void>;
}

/** An open program. */
interface Loaded {
  readonly shape: Shape;
  readonly method: SamplingMethod | undefined;
  /** The names of its feeds. */
  readonly feeds: readonly string[];
  readonly executable: Executable;
}

/**
 * The inference program of a model for images [N, C, H, W].
 *
 * @param kernels of 8-bit convolutions, by layer, from an earlier program of the model; this program's are added
 * @param method which of two predictions the program makes; it leaves out a network that only serves the other
 */
export function inferenceProgram(
  config: ModelConfig,
  weights: TensorMap,
  [batch, , height, width]: Shape,
  kernels?: Map<string, Node>,
  method?: SamplingMethod,
): Program {
  const inputs = networkFeeds(config, batch, height, width);
  const outputs = networks(config, inputs, constantParameters(weights)) as Record<string, Node>;
  const { quantization } = config;
  const { keptExact } = networkOf(config.unet);
  const all = quantization ? quantizedNetworks(outputs, weights, quantization, { keptExact, kernels }) : outputs;
  return createProgram('denoise', method === 'residual' || method === 'noise' ? { [method]: all[method] } : all);
}

/**
 * A model's programs as its denoiser.
 *
 * @param build makes the program for images [N, C, H, W]; its outputs are the model's predictions, or the one needed,
 *   and any others
 * @param seen receives all outputs of each call
 */
export function createProgramDenoiser(
  runtime: Runtime,
  config: ModelConfig,
  build: (shape: Shape, method?: SamplingMethod) => Program,
  seen: (results: TensorMap) => void = () => {},
): NetworkDenoiser {
  // One size at a time: a large photograph's program holds gigabytes. The queue releases one size before the next is
  // opened.
  let current: Loaded | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const loadedFor = async (shape: Shape, method?: SamplingMethod): Promise<Loaded> => {
    if (current && sameShape(current.shape, shape) && current.method === method) return current;
    const previous = current;
    current = undefined;
    await previous?.executable.release();
    const program = build(shape, method);
    current = {
      shape,
      method,
      feeds: Object.keys(program.feeds),
      executable: await runtime.load({ denoise: program }),
    };
    return current;
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  return {
    config,
    async predict({ noisy, input, mask, residualTime, noiseTime, method }) {
      const embedded = (time: number): Tensor =>
        networkOf(config.unet).embeddedTimes(new Array<number>(noisy.shape[0]).fill(time));
      const known: TensorMap = {
        noisy,
        ...(config.condition !== 'none' && input && { input }),
        ...(mask && { mask }),
        residualTime: embedded(residualTime),
        ...(config.time === 'cumulative' && { noiseTime: embedded(noiseTime) }),
      };
      return inTurn(async () => {
        const { feeds, executable } = await loadedFor(noisy.shape, method);
        // A program with one of two networks does not take the other's time; the runtime refuses any other surplus.
        const fed = Object.entries(known).filter(([name]) => !name.endsWith('Time') || feeds.includes(name));
        const results = await executable.run('denoise', Object.fromEntries(fed));
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
 * Opens a model as a denoiser.
 *
 * @param weights every weight of the model under its reference name
 * @throws RddmError from `predict` if a weight is missing or of another shape
 *
 * @example
 * ```ts
 * import { createNetworkDenoiser, filled, initialWeights, modelConfig, modelParameters, sampleFinal } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
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
    const remedy = 'use the device cpu, or the model before quantisation';
    throw expected('model', 'a device that multiplies 8-bit integers', runtime.device, remedy);
  }
  const kernels = new Map<string, Node>();
  return createProgramDenoiser(runtime, config, (shape, method) =>
    inferenceProgram(config, weights, shape, kernels, method),
  );
}
