/**
 * A network task in the form that our runtimes execute: its program, initial states and feeds. Measuring and profiling
 * share it.
 */
import { readFile } from 'node:fs/promises';
import { toFloat32 } from '../src/checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../src/checkpoint/safetensors.ts';
import type { Program } from '../src/graph/program.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { inferenceProgram } from '../src/sample/network-denoiser.ts';
import { optimiserFeeds } from '../src/train/optimiser.ts';
import { initialStates, stepPrograms } from '../src/train/step.ts';
import type { NetworkTask } from './task.ts';

/** The tensors of a safetensors file. */
export async function readTensors(path: string): Promise<Record<string, Tensor>> {
  const { tensors } = decodeSafetensors(await readFile(path), path);
  return Object.fromEntries(Object.entries(tensors).map(([name, raw]) => [name, toFloat32(raw)]));
}

/** A program with everything that a run needs. */
export interface NetworkProgram {
  readonly program: Program;
  readonly states: TensorMap;
  /** Weights by name: constants of the program, or initial values of states. */
  readonly weights: TensorMap;
  /** The feeds of the n-th run, from 1: Adam's corrections change from step to step. */
  feeds(step: number): TensorMap;
}

/** Builds the program of a network task. */
export async function networkProgram(task: NetworkTask): Promise<NetworkProgram> {
  const { kind, model, batch, size, optimiser } = task;
  const weights = await readTensors(task.weights);
  const feeds = await readTensors(task.feeds);
  if (kind === 'inference') {
    const program = inferenceProgram(model, weights, [batch, model.unet.channels, size, size]);
    return { program, states: {}, weights, feeds: () => feeds };
  }
  const options = { ...optimiser, loss: 'l1', batch, height: size, width: size, accumulation: 1 } as const;
  return {
    program: stepPrograms(model, options).step,
    states: initialStates(weights, 1),
    weights,
    feeds: (step) => ({
      ...feeds,
      ...optimiserFeeds(step, optimiser.learningRate, optimiser.averageRate, { kind: 'adam', ...optimiser }),
    }),
  };
}
