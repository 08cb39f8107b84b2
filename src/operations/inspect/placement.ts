/** Which provider runs which operators of a model's programs, and which memory holds the states. */
import type { Program } from '../../graph/program.ts';
import type { TensorMap } from '../../math/tensor.ts';
import type { ModelConfig } from '../../model/config.ts';
import { modelParameters } from '../../model/networks.ts';
import { initialWeights } from '../../nn/parameters.ts';
import type { Placement, Residence, Runtime } from '../../runtime/runtime.ts';
import { inferenceProgram } from '../../sample/network-denoiser.ts';
import { trainConfigSchema } from '../../train/config.ts';
import { initialStates, stepPrograms } from '../../train/step.ts';
import { fittingSize, type Size } from './size.ts';
import type { Subject } from './subject.ts';

/** The programs of a model that `placeOperators` can inspect. */
export const placeable = ['inference', 'training'] as const;
/** One of them: a denoiser's run, or a whole training step. */
export type Placeable = (typeof placeable)[number];

/** The number of nodes of an operator that a provider runs. */
export interface PlacedOperator {
  readonly provider: string;
  readonly operator: string;
  readonly nodes: number;
}

/** A training step's states: the weights, their moments and their average. */
export interface StateMemory {
  readonly memory: Residence['memory'];
  readonly tensors: number;
  readonly bytes: number;
}

/** Where the operators of a program run, and where its states are between runs; inference has none. */
export interface PlacedProgram {
  readonly operators: readonly PlacedOperator[];
  readonly states: readonly StateMemory[];
}

function countOperators(placed: readonly Placement[]): PlacedOperator[] {
  const counts = new Map<string, { provider: string; operator: string; nodes: number }>();
  for (const { provider, opType } of placed) {
    const key = `${provider} ${opType}`;
    const row = counts.get(key) ?? { provider, operator: opType, nodes: 0 };
    row.nodes++;
    counts.set(key, row);
  }
  return [...counts.values()].sort(
    (a, b) => a.provider.localeCompare(b.provider) || b.nodes - a.nodes || a.operator.localeCompare(b.operator),
  );
}

function countStates(places: readonly Residence[], states: TensorMap): StateMemory[] {
  return [...new Set(places.map(({ memory }) => memory))].map((memory) => {
    const there = places.filter((place) => place.memory === memory).map(({ state }) => states[state]);
    return { memory, tensors: there.length, bytes: there.reduce((sum, { data }) => sum + data.byteLength, 0) };
  });
}

/** A whole training step for one picture, with the default loss and optimiser. */
function trainingPrograms(config: ModelConfig, { height, width }: Size): Readonly<Record<string, Program>> {
  const { loss, optimiser } = trainConfigSchema.shape;
  const options = { ...optimiser.parse(undefined), loss: loss.parse(undefined), batch: 1, accumulation: 1 };
  return stepPrograms(config, { ...options, height, width });
}

/**
 * Runs a model's inference, or a whole training step, once, and reports which provider ran how many nodes of each
 * operator. Without weights it uses the network's initial ones: values do not affect where an operator runs.
 *
 * @example
 * ```ts
 * import { modelConfig, placeOperators } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 } });
 * const size = { height: 4, width: 4 };
 * const { operators } = await placeOperators({ config }, size, createReferenceRuntime(), 'inference');
 * assert.ok(operators.some(({ provider, operator }) => provider === 'reference' && operator === 'conv2d'));
 * ```
 */
export async function placeOperators(
  { config, weights = initialWeights(modelParameters(config), 0) }: Pick<Subject, 'config' | 'weights'>,
  size: Size,
  runtime: Runtime,
  program: Placeable,
): Promise<PlacedProgram> {
  const fitting = fittingSize(config, size);
  const training = program === 'training';
  const programs = training
    ? trainingPrograms(config, fitting)
    : { denoise: inferenceProgram(config, weights, [1, config.unet.channels, fitting.height, fitting.width]) };
  const states = training ? initialStates(weights, 1) : {};
  const executable = await runtime.load(programs, states);
  try {
    const [name] = Object.keys(programs);
    return {
      operators: countOperators(await executable.placement(name)),
      states: countStates(await executable.residence(), states),
    };
  } finally {
    await executable.release();
  }
}
