/**
 * A model from a file of weights: finds the network, determines its configuration, and matches the weights with it. A
 * diffusers network has its own configuration. For one of the reference, the network is inferred from the weights and
 * the schedule from the checkpoint's tables; the rest comes from the options or from defaults, and the result says what
 * was assumed.
 */
import { z } from 'zod';
import { type CheckpointFile, decodeCheckpointFile } from '../../checkpoint/checkpoint-file.ts';
import { inferModelConfig } from '../../checkpoint/infer.ts';
import { matchWeights } from '../../checkpoint/match.ts';
import { type Model, weightShapes } from '../../checkpoint/model-directory.ts';
import type { WeightsChoice } from '../../checkpoint/torch-weights.ts';
import type { Objective } from '../../diffusion/objective.ts';
import { expected } from '../../math/errors.ts';
import type { TensorMap } from '../../math/tensor.ts';
import { problemsOf, schemaError } from '../../math/validate.ts';
import { type ModelConfig, type ModelConfigInput, modelConfigSchema } from '../../model/config.ts';
import type { Task } from '../../model/config-fields.ts';
import { kindOf } from '../../networks/registry.ts';
import { findDiffusers, lastWord, readDiffusers, type SourceFiles } from './diffusers-files.ts';

/** The options of a conversion. */
export interface ConversionOptions {
  /** Which weights of a checkpoint; by default the averaged ones, if there are any. */
  readonly weights?: WeightsChoice;
  /** A configuration, of any type, with what the weights do not show; and its name, for messages. */
  readonly config?: { readonly written: unknown; readonly name: string };
  readonly task?: Task;
  readonly objective?: Objective;
  /** What the second decoder of a shared encoder predicts. */
  readonly secondDecoder?: ModelConfig['secondDecoder'];
  readonly groups?: number;
  readonly noiseStrength?: number;
}

/** The result of a conversion. */
export interface Conversion {
  readonly model: Model;
  /** Its diffusers class, if it comes from diffusers. */
  readonly network?: 'UNet2DModel';
  /** Which weights of a checkpoint; undefined for a file that has only one kind. */
  readonly weights?: WeightsChoice;
  readonly step?: number;
  readonly parameters: number;
  readonly tensors: number;
  /** Parts of the configuration that are only defaults. */
  readonly assumed: readonly string[];
}

/** A found network, before its weights are matched. */
interface FoundNetwork {
  readonly config: ModelConfig;
  readonly weights: TensorMap;
  readonly choice?: WeightsChoice | undefined;
  readonly step?: number | undefined;
  readonly assumed: readonly string[];
  readonly network?: 'UNet2DModel';
  /** The weights file. */
  readonly source: string;
}

/** The given configuration; completed later, when the network is known. */
function hintsOf({ config }: ConversionOptions): ModelConfigInput {
  if (config === undefined) return {};
  // Impossible combinations are checked later, once the weights have supplied the rest.
  const wrong = problemsOf(modelConfigSchema, config.written).filter(({ code }) => code !== 'custom');
  if (wrong.length > 0) throw schemaError(config.name, new z.ZodError(wrong));
  return config.written as ModelConfigInput;
}

/** Options override the configuration, which overrides the checkpoint's tables. */
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

/** A silently wrong schedule makes wrong pictures, so unknown tables must be described by the user. */
function requireSchedule({ schedule }: CheckpointFile, hints: ModelConfigInput, where: string): void {
  const { kind, timesteps } = schedule;
  if (timesteps === undefined || kind !== undefined || hints.schedule?.kind !== undefined) return;
  const remedy = 'name the schedule in a configuration, as in {"schedule": {"kind": "power", "alpha": 2}}';
  const what = 'tables of a power schedule or of a converted DDIM schedule';
  throw expected(where, what, `others, of ${timesteps}`, { remedy, field: 'config' });
}

function assumptions(given: ModelConfigInput, config: ModelConfig): string[] {
  const { task, unet, schedule, sampling, objective, time, preprocess } = config;
  const isObjectiveSeen = config.networks !== 'one' || objective === 'residual-noise';
  const { kind, noiseStrength } = given.schedule ?? {};
  const { unseen = [] } = kindOf(unet).reader ?? {};
  const hinted: Readonly<Record<string, unknown>> = given.unet ?? {};
  const settings: Readonly<Record<string, unknown>> = unet;
  return [
    given.task === undefined && `task ${task}`,
    !isObjectiveSeen && given.objective === undefined && `objective ${objective}`,
    config.networks === 'shared-encoder' &&
      given.secondDecoder === undefined &&
      `second decoder ${config.secondDecoder}`,
    given.preprocess === undefined && preprocess !== 'none' && `preprocess ${preprocess}`,
    ...unseen.map((name) => hinted[name] === undefined && `${name} ${settings[name]}`),
    kind === undefined && `schedule ${schedule.kind}, ${schedule.timesteps} timesteps`,
    noiseStrength === undefined && `noise strength ${schedule.noiseStrength}`,
    given.time === undefined && `time ${time}`,
    given.sampling?.steps === undefined && `${sampling.steps} sampling steps`,
  ].filter((text) => text !== false);
}

/** A diffusers network, which describes itself completely. */
async function diffusersNetwork(
  files: SourceFiles,
  name: string,
  options: ConversionOptions,
): Promise<FoundNetwork | undefined> {
  const found = await findDiffusers(files, name);
  if (!found) return undefined;
  const [option] = Object.keys(options).filter((key) => options[key as keyof ConversionOptions] !== undefined);
  if (option !== undefined) {
    const what = 'a diffusers network without options, since its own files describe it';
    throw expected(files.title(name), what, `"${option}"`, 'change config.json of the converted model');
  }
  const { hasSchedule, ...network } = await readDiffusers(files, found);
  const assumed = hasSchedule ? [] : ['schedule ddim-linear, 1000 timesteps'];
  return { ...network, assumed, network: 'UNet2DModel' };
}

/** A network of the reference, its structure inferred from the weights. */
async function inferredNetwork(files: SourceFiles, name: string, options: ConversionOptions): Promise<FoundNetwork> {
  const where = files.title(name);
  const hints = hintsOf(options);
  const bytes = await files.read(name);
  if (!bytes) throw expected('convert', 'a file to read', `nothing at ${where}`);
  const found = decodeCheckpointFile(bytes, where, options.weights);
  requireSchedule(found, hints, where);
  const given = mergeHints(found, hints, options, lastWord(name));
  // The reference's low-light models are trained on equalised inputs.
  const preprocess = given.preprocess ?? (given.task === 'low-light' ? 'equalise' : 'none');
  const config = inferModelConfig(found.weights, { ...given, preprocess }, where);
  const { choice, step, weights } = found;
  return { config, weights, choice, step, assumed: assumptions(given, config), source: name };
}

/**
 * Makes a model from a `.pt` checkpoint, a `.safetensors` file, or a diffusers network.
 *
 * @param name the file; or a diffusers folder, with `/` at its end, `''` for the root of the names
 * @throws RddmError if the file cannot be read or is no such network, or an option contradicts it
 *
 * @example
 * ```ts
 * import { convertModel, encodeSafetensors, initialWeights, modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = modelConfig({ unet: { dim: 8, multipliers: [1], groups: 4 } });
 * const bytes = encodeSafetensors(initialWeights(modelParameters(config), 0));
 * const files = { read: async (name: string) => (name === 'unet.safetensors' ? bytes : undefined), title: String };
 * const { model, assumed } = await convertModel(files, 'unet.safetensors', { groups: 4, task: 'deblurring' });
 * assert.equal(model.config.task, 'deblurring');
 * assert.ok(assumed.includes('objective residual'));
 * ```
 */
export async function convertModel(
  files: SourceFiles,
  name: string,
  options: ConversionOptions = {},
): Promise<Conversion> {
  const found = (await diffusersNetwork(files, name, options)) ?? (await inferredNetwork(files, name, options));
  const { config, choice, step, assumed, network } = found;
  const weights = matchWeights(weightShapes(config), found.weights, files.title(found.source));
  return {
    model: { config, weights },
    ...(network && { network }),
    ...(choice && { weights: choice }),
    ...(step !== undefined && { step }),
    parameters: Object.values(weights).reduce((sum, { data }) => sum + data.length, 0),
    tensors: Object.keys(weights).length,
    assumed,
  };
}
