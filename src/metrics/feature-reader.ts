/**
 * Features of pictures from a network on a runtime, computed in batches. There is one program per picture size, with
 * the weights as constants; the last batch is filled up with its own first picture.
 */

import { feed } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { createProgram } from '../graph/program.ts';
import { filled, type Tensor, type TensorMap } from '../math/tensor.ts';
import { constantParameters, type Parameters } from '../nn/parameters.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { latestExecutable } from './latest-executable.ts';

/** A network from pictures [N, C, H, W] to named results [N, …]. */
export type FeatureNetwork = (x: Node, parameters: Parameters) => Readonly<Record<string, Node>>;

export interface FeatureReader {
  /** @param batch [n, C, H, W] with n from 1 to the batch size */
  read(batch: Tensor): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** The first `count` entries of a tensor. */
const head = ({ shape, data }: Tensor, count: number): Tensor => ({
  shape: [count, ...shape.slice(1)],
  data: data.slice(0, (data.length / shape[0]) * count),
});

/** Appends repetitions of the first entry. */
function extended(batch: Tensor, count: number): Tensor {
  const whole = filled([count, ...batch.shape.slice(1)], 0);
  const size = batch.data.length / batch.shape[0];
  for (let i = batch.shape[0]; i < count; i++) whole.data.set(batch.data.subarray(0, size), i * size);
  whole.data.set(batch.data);
  return whole;
}

/** Concatenates tensors along the first axis. */
export function joined(parts: readonly Tensor[]): Tensor {
  const count = parts.reduce((total, { shape }) => total + shape[0], 0);
  const whole = filled([count, ...parts[0].shape.slice(1)], 0);
  let at = 0;
  for (const { data } of parts) {
    whole.data.set(data, at);
    at += data.length;
  }
  return whole;
}

/** @param batchSize pictures per run */
export function createFeatureReader(
  runtime: Runtime,
  network: FeatureNetwork,
  weights: TensorMap,
  batchSize: number,
): FeatureReader {
  const parameters = constantParameters(weights);
  const programs = latestExecutable(runtime, (shape) => ({
    features: createProgram('features', network(feed('pictures', shape), parameters)),
  }));
  return {
    async read(batch) {
      const whole = batch.shape[0] === batchSize ? batch : extended(batch, batchSize);
      const executable = await programs.of(whole.shape);
      const results = await executable.run('features', { pictures: whole });
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, head(value, batch.shape[0])]));
    },
    release: programs.release,
  };
}
