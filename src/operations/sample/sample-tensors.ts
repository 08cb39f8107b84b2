/**
 * The reverse process on explicit tensors: takes images and noise, and returns every intermediate image, under the
 * names of the golden files. Unknown names are refused, since a misspelt one would be replaced by random numbers and
 * make the comparison meaningless.
 */
import { type RawTensor, toFloat32 } from '../../checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../../checkpoint/safetensors.ts';
import { scheduleFromTables } from '../../diffusion/schedule.ts';
import { expected } from '../../math/errors.ts';
import { elementCount, type Shape, showShape } from '../../math/shape.ts';
import type { Tensor } from '../../math/tensor.ts';
import type { ModelConfig } from '../../model/config.ts';
import type { Denoiser } from '../../sample/denoiser.ts';
import type { SampleOptions } from '../../sample/options.ts';
import { sample } from '../../sample/sampler.ts';

/** The inputs of the sampler from a file. */
export interface SampleTensors {
  readonly input?: Tensor;
  readonly mask?: Tensor;
  readonly initialNoise?: Tensor;
  readonly stepNoise?: readonly Tensor[];
  /** Cumulative tables, instead of the model's schedule. */
  readonly tables?: { readonly alphaBar: Float64Array; readonly betaBar: Float64Array };
  /** The shape of the images. */
  readonly shape: Shape;
}

const images = ['input', 'initial_noise', 'mask'] as const;
const meaningful = [...images, 'step_noise', 'alpha_bar', 'beta_bar'];
/** Other contents of golden files: the answer, and the weights of the model directory. */
const passedOver = /^(param\/.*|trajectory)$/;

/** The entries of the first axis. */
function entries({ shape, data }: Tensor): Tensor[] {
  const entryShape = shape.slice(1);
  const size = elementCount(entryShape);
  return Array.from({ length: shape[0] }, (_, i) => ({
    shape: entryShape,
    data: data.slice(i * size, (i + 1) * size),
  }));
}

const numbers = (raw: RawTensor): Float64Array => Float64Array.from(raw.data as unknown as number[], Number);

/**
 * Reads explicit inputs of the sampler.
 *
 * @param bytes a safetensors file
 * @param path its name, for messages
 * @throws RddmError if the file is damaged, holds an unknown name, or has no image that gives the size
 *
 * @example
 * ```ts
 * import { decodeSampleTensors, encodeSafetensors, filled } from 'rddm';
 * import assert from 'node:assert/strict';
 * const given = (name: string) => encodeSafetensors({ [name]: filled([1, 3, 4, 4], 0) });
 * assert.deepEqual(decodeSampleTensors(given('input'), 'in.safetensors').shape, [1, 3, 4, 4]);
 * assert.throws(() => decodeSampleTensors(given('inputs'), 'in.safetensors'), /got "inputs"/);
 * ```
 */
export function decodeSampleTensors(bytes: Uint8Array, path: string): SampleTensors {
  const { tensors } = decodeSafetensors(bytes, path);
  const unknown = Object.keys(tensors).find((name) => !meaningful.includes(name) && !passedOver.test(name));
  if (unknown !== undefined) throw expected(path, `tensors named ${meaningful.join(', ')}`, `"${unknown}"`);
  const image = (name: string): Tensor | undefined => tensors[name] && toFloat32(tensors[name]);
  const [input, initialNoise, mask] = images.map(image);
  const first = input ?? initialNoise;
  if (!first) throw expected(path, 'a tensor "input" or "initial_noise"', Object.keys(tensors).join(', ') || 'none');
  const { step_noise: noise, alpha_bar: alphaBar, beta_bar: betaBar } = tensors;
  if (noise && noise.shape.length !== 5) {
    throw expected(path, '"step_noise" [steps - 1, N, C, H, W]', showShape(noise.shape));
  }
  if (!alphaBar !== !betaBar) {
    throw expected(path, '"alpha_bar" and "beta_bar" together', `only "${alphaBar ? 'alpha_bar' : 'beta_bar'}"`);
  }
  return {
    shape: first.shape,
    ...(input && { input }),
    ...(mask && { mask }),
    ...(initialNoise && { initialNoise }),
    ...(noise && { stepNoise: entries(toFloat32(noise)) }),
    ...(alphaBar && betaBar && { tables: { alphaBar: numbers(alphaBar), betaBar: numbers(betaBar) } }),
  };
}

/** The events of a run. */
export type TrajectoryEvent =
  | { readonly kind: 'step'; readonly step: number; readonly steps: number }
  | {
      readonly kind: 'finished';
      /** [steps + 1, N, C, H, W], the start first, then the image after each step. */
      readonly trajectory: Tensor;
      /** [N, C, H, W], the last of them. */
      readonly clean: Tensor;
    };

/** The sampler's options with the file's tensors; a schedule from tables includes the noise strength. */
function withTensors(config: ModelConfig, { tables, ...given }: SampleTensors, options: SampleOptions): SampleOptions {
  if (!tables) return { ...options, ...given };
  const { noiseStrength, ...others } = options;
  const strength = noiseStrength ?? config.sampling.noiseStrength ?? config.schedule.noiseStrength;
  return { ...others, ...given, schedule: scheduleFromTables(tables.alphaBar, tables.betaBar, strength) };
}

/** Images of one shape as one tensor [count, …]. */
function stacked(all: readonly Tensor[]): Tensor {
  const [{ shape, data }] = all;
  const result = { shape: [all.length, ...shape], data: new Float32Array(all.length * data.length) };
  for (const [index, one] of all.entries()) result.data.set(one.data, index * data.length);
  return result;
}

/**
 * Runs the reverse process on explicit tensors; missing noise comes from the seed.
 *
 * @throws RddmError if tensors, options and model do not fit
 * @throws the reason of `signal` if it is aborted
 *
 * @example
 * ```ts
 * import { decodeSampleTensors, encodeSafetensors, filled, modelConfig, sampleTensors } from 'rddm';
 * import assert from 'node:assert/strict';
 * // A network that always finds a residual of 0.5.
 * const denoiser = {
 *   config: modelConfig({ sampling: { steps: 2 } }),
 *   predict: async () => ({ residual: filled([1, 3, 4, 4], 0.5) }),
 * };
 * const tensors = decodeSampleTensors(encodeSafetensors({ input: filled([1, 3, 4, 4], 0.75) }), 'in.safetensors');
 * for await (const event of sampleTensors(denoiser, tensors)) {
 *   if (event.kind === 'finished') assert.deepEqual(event.trajectory.shape, [3, 1, 3, 4, 4]);
 * }
 * ```
 */
export async function* sampleTensors(
  denoiser: Denoiser,
  tensors: SampleTensors,
  options: SampleOptions = {},
): AsyncGenerator<TrajectoryEvent, void> {
  const way: Tensor[] = [];
  for await (const event of sample(denoiser, withTensors(denoiser.config, tensors, options))) {
    way.push(event.image);
    if (event.kind === 'step') yield { kind: 'step', step: event.step, steps: event.steps };
  }
  yield { kind: 'finished', trajectory: stacked(way), clean: way[way.length - 1] };
}
