/**
 * The work behind `rddm info`, without printing: finds what a person named (a model, a configuration, a file of
 * weights), and says what network that is, how large, and which provider runs its operators.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../adapters/node/files/files.ts';
import { readJson } from '../adapters/node/files/json-file.ts';
import { findModel, openModel } from '../adapters/node/files/open-model.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { inferModelConfig } from '../checkpoint/infer.ts';
import { modelFileNames } from '../checkpoint/model-directory.ts';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import type { WeightsChoice } from '../checkpoint/torch-weights.ts';
import type { Node } from '../graph/node.ts';
import type { Program } from '../graph/program.ts';
import type { TensorMap } from '../math/tensor.ts';
import { sizeMultiple } from '../model/architecture.ts';
import { type ModelConfig, type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters, networkFeeds, networks } from '../model/networks.ts';
import { countNetwork, type NetworkCount } from '../nn/count.ts';
import { initialWeights, stateParameters } from '../nn/parameters.ts';
import type { Device, Placement, Residence } from '../runtime/runtime.ts';
import { inferenceProgram } from '../sample/network-denoiser.ts';
import { trainConfigSchema } from '../train/config.ts';
import { initialStates, stepPrograms } from '../train/step.ts';
import type { Size } from './arguments.ts';
import { readCheckpointFile } from './checkpoint-file.ts';

/** The file that weights were read from. */
export interface WeightsFile {
  readonly path: string;
  readonly bytes: number;
  readonly tensors: number;
  /** Number formats in the file, where it says them. */
  readonly dtypes: readonly string[];
  readonly choice?: WeightsChoice;
  readonly step?: number;
}

/** What a person named. */
export interface Subject {
  readonly kind: 'model' | 'configuration' | 'checkpoint' | 'default configuration';
  /** The directory or file; none for the default. */
  readonly path?: string;
  readonly config: ModelConfig;
  readonly weights?: TensorMap;
  readonly weightsFile?: WeightsFile;
}

/** A network's name and size. */
export interface NamedCount extends NetworkCount {
  readonly network: string;
}

/** How many nodes of an operator a provider runs. */
export interface PlacedOperator {
  readonly provider: string;
  readonly operator: string;
  readonly nodes: number;
}

const dtypeNames: Readonly<Partial<Record<string, string>>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** Number formats in a safetensors file. */
export function dtypesOf(bytes: Uint8Array, path: string): string[] {
  const { tensors } = decodeSafetensors(bytes, path);
  return [...new Set(Object.values(tensors).map(({ dtype }) => dtypeNames[dtype] ?? dtype))].sort();
}

async function readConfiguration(path: string): Promise<ModelConfig> {
  return modelConfig((await readJson(path, 'info')) as ModelConfigInput, path);
}

async function readCheckpoint(path: string): Promise<Subject> {
  const { weights, choice, step, schedule } = await readCheckpointFile(path, undefined, 'info');
  const config = inferModelConfig(weights, { schedule }, path);
  const { size } = await stat(path);
  const dtypes = choice === undefined ? dtypesOf(await readBytes(path, 'info'), path) : [];
  const weightsFile = {
    ...{ path, bytes: size, tensors: Object.keys(weights).length, dtypes },
    ...(choice && { choice }),
    ...(step !== undefined && { step }),
  };
  return { kind: 'checkpoint', path, config, weights, weightsFile };
}

/**
 * Finds what a person named.
 *
 * @param name a model directory, the name of a shipped model, a configuration (.json), a checkpoint (.pt) or weights
 * (.safetensors); nothing for the paper's default configuration
 * @throws RddmError when there is nothing of that name, or it is damaged or of something else
 */
export async function findSubject(name: string | undefined): Promise<Subject> {
  if (name === undefined) return { kind: 'default configuration', config: modelConfig({}) };
  if (/\.json$/i.test(name)) return { kind: 'configuration', path: name, config: await readConfiguration(name) };
  const isFile = (await stat(name).catch(() => undefined))?.isFile() ?? false;
  if (isFile || /\.(pt|pth|ckpt|safetensors)$/i.test(name)) return readCheckpoint(name);
  const path = await findModel(name, 'info');
  const { config, weights } = await openModel(path);
  const file = join(path, modelFileNames.weights);
  const bytes = await readBytes(file, 'info');
  const tensors = Object.keys(weights).length;
  const weightsFile = { path: file, bytes: bytes.length, tensors, dtypes: dtypesOf(bytes, file) };
  return { kind: 'model', path, config, weights, weightsFile };
}

/** The size that the network runs at: both sides grow to what it needs. */
export function fittingSize({ unet }: ModelConfig, { height, width }: Size): Size {
  const multiple = sizeMultiple(unet);
  const grown = (side: number): number => Math.ceil(side / multiple) * multiple;
  return { height: grown(height), width: grown(width) };
}

/** Counts a model's networks at a size, each and together: as the paper writes them, not as they are computed. */
export function countModel(config: ModelConfig, size: Size): { networks: NamedCount[]; total: NetworkCount } {
  const { height, width } = fittingSize(config, size);
  const inputs = networkFeeds(config, 1, height, width);
  const outputs = networks(config, inputs, stateParameters().parameters, 'as-written');
  const { residual, noise, clean } = outputs;
  const total = countNetwork(Object.values(outputs));
  const named = (network: string, nodes: readonly (Node | undefined)[]): NamedCount => ({
    network,
    ...countNetwork(nodes.filter((node) => node !== undefined)),
  });
  const each: Readonly<Record<ModelConfig['networks'], () => NamedCount[]>> = {
    one: () => [named(`unet0 (${config.objective})`, [residual, noise, clean])],
    two: () => [named('unet0 (residual)', [residual]), named('unet1 (noise)', [noise])],
    'shared-encoder': () => [named('shared encoder, two decoders', [residual, noise])],
  };
  return { networks: each[config.networks](), total };
}

/** The programs of a model that `placeOperators` can look at. */
export const placeable = ['inference', 'training'] as const;
export type Placeable = (typeof placeable)[number];

/** A training step's states: the weights, their moments and their average. */
export interface StateMemory {
  readonly memory: Residence['memory'];
  readonly tensors: number;
  readonly bytes: number;
}

/** Where the operators of a program run, and where its states lie between runs; inference has none. */
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

/** The step of a training configuration that says nothing of loss and optimiser, forward to average, of one picture. */
function trainingPrograms(config: ModelConfig, { height, width }: Size): Readonly<Record<string, Program>> {
  const { loss, optimiser } = trainConfigSchema.shape;
  const options = { ...optimiser.parse(undefined), loss: loss.parse(undefined), batch: 1, accumulation: 1 };
  return stepPrograms(config, { ...options, height, width });
}

/**
 * Runs a model's inference, or a whole step of its training, once and says which provider ran how many nodes of which
 * operator. Without weights the network's initial ones serve: where an operator runs does not depend on values.
 */
export async function placeOperators(
  { config, weights = initialWeights(modelParameters(config), 0) }: Subject,
  size: Size,
  device: Device,
  program: Placeable,
): Promise<PlacedProgram> {
  const fitting = fittingSize(config, size);
  const training = program === 'training';
  const programs = training
    ? trainingPrograms(config, fitting)
    : { denoise: inferenceProgram(config, weights, [1, config.unet.channels, fitting.height, fitting.width]) };
  const states = training ? initialStates(weights, 1) : {};
  const runtime = openRuntime(device);
  try {
    const executable = await runtime.load(programs, states);
    const [name] = Object.keys(programs);
    return {
      operators: countOperators(await executable.placement(name)),
      states: countStates(await executable.residence(), states),
    };
  } finally {
    await runtime.close();
  }
}
