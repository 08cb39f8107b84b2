/**
 * Golden files that we make ourselves, with settings that the real ones lack: small networks with random weights,
 * computed in float64 by the reference evaluator. Configurations here are in our own words, so that a runner that
 * misreads a file's words gets other values.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { encodeSafetensors } from '../../src/checkpoint/safetensors.ts';
import { createSchedule, type Schedule } from '../../src/diffusion/schedule.ts';
import { normalTensor } from '../../src/math/random.ts';
import { elementCount } from '../../src/math/shape.ts';
import { type Tensor, type TensorMap, tensor } from '../../src/math/tensor.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import { modelParameters } from '../../src/model/networks.ts';
import type { NetworkConfigOf, networkKinds } from '../../src/networks/registry.ts';
import { initialWeights } from '../../src/nn/parameters.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';
import type { Denoiser } from '../../src/sample/denoiser.ts';
import { createNetworkDenoiser } from '../../src/sample/network-denoiser.ts';
import type { SampleOptions } from '../../src/sample/options.ts';
import { sample } from '../../src/sample/sampler.ts';
import { optimiserFeeds } from '../../src/train/optimiser.ts';
import { batchFeeds, initialStates, type StepOptions, stepPrograms, type TrainingBatch } from '../../src/train/step.ts';

/** The images of a file, a function of their name. */
export const image = (shape: readonly number[], name: string): Tensor => {
  const { data } = normalTensor(shape, 7, [name]);
  return { shape, data: data.map((value) => Math.max(-1, Math.min(1, value / 2))) };
};

export const noise = (shape: readonly number[], name: string): Tensor => normalTensor(shape, 7, [name]);

/** Stacks tensors along a new first axis. */
export function stacked(parts: readonly Tensor[]): Tensor {
  const size = elementCount(parts[0].shape);
  const data = new Float32Array(parts.length * size);
  for (const [i, part] of parts.entries()) data.set(part.data, i * size);
  return tensor([parts.length, ...parts[0].shape], data);
}

/** The smallest of the paper's networks that has every part, unless `fields` says otherwise. */
export function smallModel({
  unet,
  ...fields
}: Omit<ModelConfigInput, 'unet'> & { unet?: z.input<typeof networkKinds.rddm.settings> }): {
  config: ModelConfig;
  weights: TensorMap;
} {
  const config = modelConfig({
    sampling: { steps: 1 },
    ...fields,
    unet: { dim: 4, multipliers: [1, 2], groups: 2, ...unet },
  });
  return { config, weights: initialWeights(modelParameters(config), 3) };
}

const prefixed = (prefix: string, weights: TensorMap): TensorMap =>
  Object.fromEntries(Object.entries(weights).map(([name, weight]) => [`${prefix}${name}`, weight]));

/** The settings that the small networks share. */
function sizes({ unet }: ModelConfig) {
  const { dim, multipliers, groups } = unet as NetworkConfigOf<'rddm'>;
  return { dim: String(dim), dim_mults: JSON.stringify(multipliers), groups: String(groups) };
}

export function writeGolden(
  folder: string,
  name: string,
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>>,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.safetensors`), encodeSafetensors(tensors, metadata));
}

/** Writes a sampling case. */
export async function writeSampling(
  folder: string,
  name: string,
  { config, weights }: { config: ModelConfig; weights: TensorMap },
  options: SampleOptions & { readonly initialNoise: Tensor },
  metadata: Readonly<Record<string, string>>,
  more: {
    /** Weights that the file holds instead of those used for sampling. */
    readonly stored?: TensorMap;
    readonly tensors?: TensorMap;
    /** The network's time input. */
    readonly networkTime?: (index: number) => number;
  } = {},
): Promise<void> {
  const network = createNetworkDenoiser(createReferenceRuntime(), config, weights);
  const { stored = weights, tensors = {}, networkTime = (time) => time } = more;
  const predict: Denoiser['predict'] = (request) =>
    network.predict({ ...request, residualTime: networkTime(request.residualTime) });
  const images: Tensor[] = [];
  for await (const event of sample({ config, predict }, options)) {
    if (event.kind === 'step') images.push(event.image);
  }
  const { initialNoise, input, mask, stepNoise, steps = 1, eta = 0 } = options;
  const all = {
    ...prefixed('param/', stored),
    initial_noise: initialNoise,
    ...(input && { input }),
    ...(mask && { mask }),
    ...(stepNoise && { step_noise: stacked(stepNoise) }),
    trajectory: stacked(images),
    ...tensors,
  };
  writeGolden(folder, name, all, { ...sizes(config), steps: String(steps), eta: String(eta), ...metadata });
}

/** Optimiser settings of the training cases. */
const adam = { beta1: 0.8, beta2: 0.95, epsilon: 1e-7, clipNorm: 0.5 } as const;
const learningRate = 2e-3;

/** Writes a training case of `steps` steps with images of `shape`. */
export async function writeTraining(
  folder: string,
  name: string,
  { config, weights }: { config: ModelConfig; weights: TensorMap },
  { shape, steps, loss, accumulation }: Pick<StepOptions, 'loss' | 'accumulation'> & { shape: number[]; steps: number },
  metadata: Readonly<Record<string, string>>,
  schedule: Schedule = createSchedule(config.schedule),
): Promise<void> {
  const [batch, , height, width] = shape;
  const runs = steps * accumulation;
  const options: StepOptions = { ...adam, loss, accumulation, batch, height, width };
  const hasInput = config.task !== 'generation';
  const batches = Array.from({ length: runs }, (_, run) => ({
    clean: image(shape, `clean ${run}`),
    ...(hasInput && { input: image(shape, `input ${run}`) }),
    ...(config.condition === 'input-and-mask' && { mask: image(shape, `mask ${run}`) }),
    noise: noise(shape, `noise ${run}`),
    time: Array.from({ length: batch }, (_, i) => (3 * run + 2 * i + 1) % schedule.timesteps),
  }));
  const executable = await createReferenceRuntime().load(
    stepPrograms(config, options),
    initialStates(weights, accumulation),
  );
  const losses = new Float32Array(steps);
  const norms: number[] = [];
  for (const [run, one] of batches.entries()) {
    const isLast = (run + 1) % accumulation === 0;
    const step = isLast ? optimiserFeeds((run + 1) / accumulation, learningRate, 0, { kind: 'adam', ...options }) : {};
    const given = await executable.run(isLast ? 'step' : 'accumulate', {
      ...batchFeeds(config, schedule, one),
      ...step,
    });
    losses[Math.floor(run / accumulation)] += given.loss.data[0] / accumulation;
    if (isLast) norms.push(given.gradientNorm.data[0]);
  }
  const all: Record<string, Tensor> = {
    ...prefixed('initial/', weights),
    ...prefixed('final/', await executable.readStates(Object.keys(weights))),
    time: stacked(batches.map(({ time }) => tensor([batch], time))),
    loss: tensor([steps], losses),
    grad_norm: tensor([steps], norms),
  };
  for (const part of ['clean', 'input', 'mask', 'noise'] as const) {
    const parts = batches.flatMap((one: TrainingBatch) => one[part] ?? []);
    if (parts.length > 0) all[part] = stacked(parts);
  }
  writeGolden(folder, name, all, {
    ...sizes(config),
    learning_rate: String(learningRate),
    adam_betas: `(${adam.beta1}, ${adam.beta2})`,
    adam_eps: String(adam.epsilon),
    clip_grad_norm: String(adam.clipNorm),
    ...metadata,
  });
}
