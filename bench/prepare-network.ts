/** Writes the weights and inputs of a network task, always the same, and counts its work. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRuntime } from '../src/adapters/node/ort/open-runtime.ts';
import { encodeSafetensors } from '../src/checkpoint/safetensors.ts';
import { createSchedule } from '../src/diffusion/schedule.ts';
import { normalTensor } from '../src/math/random.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { type ModelConfig, modelConfig } from '../src/model/config.ts';
import { modelParameters, networkFeeds, networks } from '../src/model/networks.ts';
import { countNetwork } from '../src/nn/count.ts';
import { initialWeights, stateParameters } from '../src/nn/parameters.ts';
import { createCalibration } from '../src/sample/calibrate.ts';
import { trainConfig } from '../src/train/config.ts';
import { batchFeeds } from '../src/train/step.ts';
import type { NetworkTask } from './task.ts';

/** What distinguishes network tasks. */
export interface NetworkSizes {
  readonly kind: NetworkTask['kind'];
  readonly dim?: number;
  readonly multipliers?: readonly number[];
  readonly batch: number;
  readonly size: number;
  /** Inference only: convolutions in 8 bits. */
  readonly arithmetic?: '8-bit';
}

const SEED = 1;
/** The time of the first image. */
const TIME = 500;

/** The network that sees its input and predicts the residual; by default with the paper's sizes. */
const modelOf = ({ dim, multipliers }: NetworkSizes): ModelConfig =>
  modelConfig({ unet: { ...(dim && { dim }), ...(multipliers && { multipliers: [...multipliers] }) } });

const varied = ({ shape, data }: Tensor, by: Tensor, amount: number): Tensor => ({
  shape,
  data: data.map((value, i) => value + amount * by.data[i]),
});

/** Weights as before training, but with no gain of 1 and no bias of 0, so that a peer that forgets one is noticed. */
export function weightsOf(model: ModelConfig): TensorMap {
  const specs = modelParameters(model);
  return Object.fromEntries(
    Object.entries(initialWeights(specs, SEED)).map(([name, weight]) => {
      const isEven = 'value' in specs[name].initialisation;
      return [name, isEven ? varied(weight, normalTensor(weight.shape, SEED, [name]), 0.1) : weight];
    }),
  );
}

export function feedsOf(model: ModelConfig, { kind, batch, size }: NetworkSizes): TensorMap {
  const picture = (name: string): Tensor => normalTensor([batch, model.unet.channels, size, size], SEED, [name]);
  const time = Array.from({ length: batch }, (_, i) => (TIME + 37 * i) % model.schedule.timesteps);
  const images = { clean: picture('clean'), input: picture('input'), noise: picture('noise') };
  const feeds = batchFeeds(model, createSchedule(model.schedule), { ...images, time });
  if (kind === 'training') return feeds;
  return { noisy: picture('noisy'), input: feeds.input, residualTime: feeds.residualTime };
}

/** The optimiser of the paper's training, whose average moves in every step. */
function optimiserOf(model: ModelConfig): NetworkTask['optimiser'] {
  const data = { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } } as const;
  const { learningRate, beta1, beta2, epsilon } = trainConfig({ model, data }).optimiser;
  return { learningRate, beta1, beta2, epsilon, clipNorm: 1, averageRate: 0.005 };
}

/** The model with ranges measured on its own feeds. */
async function quantized(model: ModelConfig, weights: TensorMap, feeds: TensorMap): Promise<ModelConfig> {
  const runtime = openRuntime('cpu');
  try {
    const calibration = createCalibration(runtime, model, weights);
    await calibration.predict({ noisy: feeds.noisy, input: feeds.input, residualTime: TIME, noiseTime: TIME });
    return { ...model, quantization: calibration.quantization() };
  } finally {
    await runtime.close();
  }
}

/** Writes the files of a network task into a folder. */
export async function prepareNetwork(sizes: NetworkSizes, folder: string): Promise<NetworkTask> {
  const { kind, batch, size, arithmetic } = sizes;
  const exact = modelOf(sizes);
  const [values, given] = [weightsOf(exact), feedsOf(exact, sizes)];
  const [weights, feeds] = [join(folder, 'weights.safetensors'), join(folder, 'feeds.safetensors')];
  await writeFile(weights, encodeSafetensors(values));
  await writeFile(feeds, encodeSafetensors(given));
  const model = arithmetic === '8-bit' ? await quantized(exact, values, given) : exact;
  return { kind, model, batch, size, weights, feeds, optimiser: optimiserOf(exact) };
}

/**
 * Multiply-adds of the layers with weights, counted like the paper's network (117.5 G at 256×256). Norms, activations
 * and attention's own products are not counted, so the share of the ceiling is slightly less than the true one.
 */
export function modelMultiplyAdds(model: ModelConfig, batch: number, size: number): number {
  const { parameters } = stateParameters();
  const outputs = Object.values(networks(model, networkFeeds(model, batch, size, size), parameters, 'as-written'));
  return countNetwork(outputs).multiplyAdds;
}

/** A training step counts as three forward passes: the gradients of inputs and of weights take one each. */
export function networkMultiplyAdds(sizes: NetworkSizes): number {
  const { kind, batch, size } = sizes;
  return modelMultiplyAdds(modelOf(sizes), batch, size) * (kind === 'training' ? 3 : 1);
}
