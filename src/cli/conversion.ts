/**
 * The work behind `rddm convert`, without printing: find the network in a file, decide its configuration, write the
 * model directory. A network of diffusers says what it is. One of the reference is read off the weights, its schedule off
 * the checkpoint's tables; what neither shows comes from the person, else from defaults, and the result says what
 * was assumed.
 */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { saveModel } from '../adapters/node/files/files.ts';
import { readJson } from '../adapters/node/files/json-file.ts';
import { inferModelConfig } from '../checkpoint/infer.ts';
import { matchWeights } from '../checkpoint/match.ts';
import { modelFileNames, weightShapes } from '../checkpoint/model-directory.ts';
import type { WeightsChoice } from '../checkpoint/torch-weights.ts';
import type { Objective } from '../diffusion/objective.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { problemsOf, schemaError } from '../math/validate.ts';
import { type ModelConfig, type ModelConfigInput, modelConfigSchema } from '../model/config.ts';
import type { Task } from '../model/config-fields.ts';
import { type CheckpointFile, readCheckpointFile } from './checkpoint-file.ts';
import { type DiffusersFiles, findDiffusers, readDiffusers } from './diffusers-folder.ts';
import { refuseToOverwrite } from './paths.ts';

/** What a person may ask for. */
export interface ConversionOptions {
  /** The model directory to write. */
  readonly out: string;
  /** Which weights of a checkpoint; by default the averaged ones where there are any. */
  readonly weights?: WeightsChoice;
  /** Path of a configuration with what the weights do not show. */
  readonly config?: string;
  readonly task?: Task;
  readonly objective?: Objective;
  /** What the second decoder of a shared encoder predicts. */
  readonly secondDecoder?: ModelConfig['secondDecoder'];
  readonly groups?: number;
  readonly noiseStrength?: number;
  readonly dtype: 'float32' | 'float16';
  /** Replace a model that is there. */
  readonly force?: true;
}

/** What was found and written. */
export interface Conversion {
  readonly out: string;
  /** Its class in diffusers, where it is from there. */
  readonly network?: 'UNet2DModel';
  /** Which weights of a checkpoint; undefined for a file that has only one kind. */
  readonly weights?: WeightsChoice;
  readonly step?: number;
  readonly parameters: number;
  readonly tensors: number;
  readonly dtype: 'float32' | 'float16';
  /** What stands in the configuration only because it is the default. */
  readonly assumed: readonly string[];
  readonly config: ModelConfig;
}

/** A network that was found, before its weights are matched. */
interface FoundNetwork {
  readonly config: ModelConfig;
  readonly weights: TensorMap;
  readonly choice?: WeightsChoice | undefined;
  readonly step?: number | undefined;
  readonly assumed: readonly string[];
  readonly network?: 'UNet2DModel' | undefined;
  /** The file of the weights. */
  readonly source: string;
}

/** What a person's configuration file says; completed later, when the network is known. */
async function readHints(path: string | undefined): Promise<ModelConfigInput> {
  if (path === undefined) return {};
  const input = await readJson(path, 'convert');
  // Impossible combinations are judged when the weights have told the rest.
  const wrong = problemsOf(modelConfigSchema, input).filter(({ code }) => code !== 'custom');
  if (wrong.length > 0) throw schemaError(path, new z.ZodError(wrong));
  return input as ModelConfigInput;
}

/** Options win over the configuration file, and that over the checkpoint's tables. */
function mergeHints(
  found: CheckpointFile,
  hints: ModelConfigInput,
  options: ConversionOptions,
  source: string,
): ModelConfigInput {
  const { task, objective, secondDecoder, groups, noiseStrength } = options;
  const origin = { source, ...(found.choice && { weights: found.choice }), ...(found.step && { step: found.step }) };
  return {
    ...hints,
    ...(task && { task }),
    ...(objective && { objective }),
    ...(secondDecoder && { secondDecoder }),
    unet: { ...hints.unet, ...(groups !== undefined && { groups }) },
    schedule: { ...found.schedule, ...hints.schedule, ...(noiseStrength !== undefined && { noiseStrength }) },
    training: { ...hints.training, converted: origin },
  };
}

/** A schedule that is wrong in silence makes pictures that are: tables that nothing here describes need a word. */
function requireSchedule({ schedule }: CheckpointFile, hints: ModelConfigInput, path: string): void {
  const { kind, timesteps } = schedule;
  if (timesteps === undefined || kind !== undefined || hints.schedule?.kind !== undefined) return;
  const remedy = 'name the schedule with --config, as in {"schedule": {"kind": "power", "alpha": 2}}';
  throw expected(path, 'tables of a power schedule or of a converted DDIM schedule', `others, of ${timesteps}`, remedy);
}

function assumptions(given: ModelConfigInput, config: ModelConfig): string[] {
  const { task, unet, schedule, sampling, objective, time, preprocess } = config;
  const isObjectiveSeen = config.networks !== 'one' || objective === 'residual-noise';
  const { kind, noiseStrength } = given.schedule ?? {};
  return [
    given.task === undefined && `task ${task}`,
    !isObjectiveSeen && given.objective === undefined && `objective ${objective}`,
    config.networks === 'shared-encoder' &&
      given.secondDecoder === undefined &&
      `second decoder ${config.secondDecoder}`,
    given.preprocess === undefined && preprocess !== 'none' && `preprocess ${preprocess}`,
    given.unet?.groups === undefined && `groups ${unet.groups}`,
    kind === undefined && `schedule ${schedule.kind}, ${schedule.timesteps} timesteps`,
    noiseStrength === undefined && `noise strength ${schedule.noiseStrength}`,
    given.time === undefined && `time ${time}`,
    given.sampling?.steps === undefined && `${sampling.steps} sampling steps`,
  ].filter((text) => text !== false);
}

/** A network of diffusers says everything of itself; nothing is left to be told. */
async function readNetwork(path: string, files: DiffusersFiles, options: ConversionOptions): Promise<FoundNetwork> {
  const { out: _, dtype: __, force: ___, ...told } = options;
  const [name] = Object.keys(told).filter((key) => told[key as keyof typeof told] !== undefined);
  if (name !== undefined) {
    const remedy = 'change config.json of the model that is written';
    throw expected(path, 'a network of diffusers without options, whose own files say what it is', `"${name}"`, remedy);
  }
  const { config, weights } = await readDiffusers(files);
  const assumed = files.scheduler === undefined ? ['schedule ddim-linear, 1000 timesteps'] : [];
  return { config, weights, assumed, source: files.weights, network: 'UNet2DModel' };
}

/** A network of the reference, its structure read off the weights. */
async function inferNetwork(path: string, options: ConversionOptions): Promise<FoundNetwork> {
  const hints = await readHints(options.config);
  const found = await readCheckpointFile(path, options.weights, 'convert');
  requireSchedule(found, hints, path);
  const given = mergeHints(found, hints, options, basename(path));
  // The reference's low-light models are trained on equalised inputs.
  const preprocess = given.preprocess ?? (given.task === 'low-light' ? 'equalise' : 'none');
  const config = inferModelConfig(found.weights, { ...given, preprocess }, path);
  const { choice, step, weights } = found;
  return { config, weights, choice, step, assumed: assumptions(given, config), source: path };
}

/**
 * Makes a model directory of a `.pt` checkpoint, a `.safetensors` file, or a network of diffusers.
 *
 * @throws RddmError when the file cannot be read or is no such network, an option contradicts it, or a model is there
 * already; nothing is then written
 */
export async function convertCheckpoint(path: string, options: ConversionOptions): Promise<Conversion> {
  const { out, dtype } = options;
  const written = Object.values(modelFileNames).map((name) => join(out, name));
  await refuseToOverwrite('convert', written, options.force);
  const files = await findDiffusers(path);
  const found = files ? await readNetwork(path, files, options) : await inferNetwork(path, options);
  const { config, choice, step, assumed, network } = found;
  const weights = matchWeights(weightShapes(config), found.weights, found.source);
  await saveModel(out, config, weights, { dtype });
  return {
    out,
    ...(network && { network }),
    ...(choice && { weights: choice }),
    ...(step !== undefined && { step }),
    parameters: Object.values(weights).reduce((sum, { data }) => sum + data.length, 0),
    tensors: Object.keys(weights).length,
    dtype,
    assumed,
    config,
  };
}
