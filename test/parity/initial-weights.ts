/**
 * The weights before the first step of a training case. Some golden files also hold the final weights under `initial/`
 * (they were saved by reference, and training went on). If the checkpoint of the same run is beside the file, its
 * optimiser state has what is missing: Adam is run backwards from it, step by step, with our gradients. A wrong
 * gradient would lead elsewhere, and the losses would not match.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isTorchTensor, readTorchCheckpoint, type TorchTensor } from '../../src/checkpoint/torch.ts';
import { torchStateDict } from '../../src/checkpoint/torch-weights.ts';
import { feed } from '../../src/graph/build.ts';
import { gradient } from '../../src/graph/gradient.ts';
import type { Node } from '../../src/graph/node.ts';
import { createProgram } from '../../src/graph/program.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { lossOf, type StepOptions } from '../../src/train/step.ts';
import type { TrainingSettings } from './training-settings.ts';

/** Weights and Adam's moments after the last step, in float64. */
interface AdamState {
  readonly weights: Record<string, Float64Array>;
  readonly first: Record<string, Float64Array>;
  readonly second: Record<string, Float64Array>;
}

const exact = (tensor: unknown): Float64Array =>
  Float64Array.from((tensor as TorchTensor).read().data as unknown as number[], Number);

/** A checkpoint and its weights; undefined if it cannot be read, which only fails its own case. */
function readModel(path: string) {
  try {
    const checkpoint = readTorchCheckpoint(readFileSync(path), path);
    return { checkpoint, weights: torchStateDict(checkpoint, 'model') };
  } catch {
    return undefined;
  }
}

/** The optimiser state in a checkpoint beside `path` whose weights are `final` and whose steps are `steps`. */
function findAdamState(path: string, final: TensorMap, steps: number): AdamState | undefined {
  for (const file of readdirSync(dirname(path)).filter((name) => name.endsWith('.pt'))) {
    const found = readModel(join(dirname(path), file));
    if (!found) continue;
    const { checkpoint, weights } = found;
    const isSame = Object.entries(final).every(([name, { data }]) =>
      weights[name]?.data.every((x, i) => x === data[i]),
    );
    const moments = (checkpoint.entries.opt as { state?: Record<string, Record<string, unknown>> } | undefined)?.state;
    if (!isSame || !moments || !isTorchTensor(moments[0]?.exp_avg)) continue;
    const done = moments[0].step;
    if ((isTorchTensor(done) ? exact(done)[0] : Number(done)) !== steps) continue;
    // The optimiser numbers parameters in the model's order.
    const names = Object.keys(weights);
    const take = (key: string) => Object.fromEntries(names.map((name, i) => [name, exact(moments[i][key])]));
    const asFloat64 = Object.fromEntries(names.map((name) => [name, Float64Array.from(weights[name].data)]));
    return { weights: asFloat64, first: take('exp_avg'), second: take('exp_avg_sq') };
  }
  return undefined;
}

/** The upper bound of |m̂| / √v̂ after `step` steps, by Cauchy-Schwarz. */
function largestRatio(step: number, { beta1, beta2 }: StepOptions): number {
  let total = 0;
  for (let i = 0; i < step; i++) total += ((beta1 * beta1) / beta2) ** i;
  return ((1 - beta1) / Math.sqrt(1 - beta2)) * Math.sqrt(total);
}

/**
 * @param runs the feeds of each step; steps of several batches cannot be reversed
 * @returns the weights before the first step; undefined if no checkpoint of the run is beside the file
 */
export async function recoverInitialWeights(
  path: string,
  config: ModelConfig,
  { options, learningRate, steps }: TrainingSettings,
  final: TensorMap,
  runs: readonly TensorMap[],
  runtime: Runtime,
): Promise<Record<string, Tensor> | undefined> {
  const state = runs.length === steps ? findAdamState(path, final, steps) : undefined;
  if (!state) return undefined;
  const { beta1, beta2, epsilon, clipNorm } = options;
  const weightNodes = new Map<string, Node>();
  const { loss } = lossOf(config, options, (name, shape) => {
    const node = weightNodes.get(name) ?? feed(name, shape);
    weightNodes.set(name, node);
    return node;
  });
  const names = [...weightNodes.keys()];
  const gradients = gradient(loss, [...weightNodes.values()]);
  const program = createProgram('gradients', Object.fromEntries(names.map((name, i) => [`d ${name}`, gradients[i]])));
  const executable = await runtime.load({ gradients: program });
  const { weights, first, second } = state;
  const current = (): Record<string, Tensor> =>
    Object.fromEntries(
      names.map((name) => [name, { shape: final[name].shape, data: Float32Array.from(weights[name]) }]),
    );

  for (let step = steps; step >= 1; step--) {
    const rate = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const ratio = largestRatio(step, options);
    for (const name of names) {
      const [w, m, v] = [weights[name], first[name], second[name]];
      for (let i = 0; i < w.length; i++) {
        // Rounding leaves v of nearly unused weights too small, even negative; the bound keeps their step reasonable.
        const deviation = Math.max(Math.sqrt(Math.max(0, v[i])), Math.abs(m[i]) / ratio);
        w[i] += (rate * m[i]) / (deviation * correction + epsilon);
      }
    }
    const given = await executable.run('gradients', { ...current(), ...runs[step - 1] });
    let squares = 0;
    for (const { data } of Object.values(given)) for (const x of data) squares += x * x;
    const scale = clipNorm === 'none' ? 1 : Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6));
    for (const name of names) {
      const g = given[`d ${name}`].data;
      const [m, v] = [first[name], second[name]];
      for (let i = 0; i < g.length; i++) {
        m[i] = (m[i] - (1 - beta1) * scale * g[i]) / beta1;
        v[i] = (v[i] - (1 - beta2) * (scale * g[i]) ** 2) / beta2;
      }
    }
  }
  await executable.release();
  return current();
}
