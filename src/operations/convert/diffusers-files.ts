/**
 * The files of a diffusers network: `config.json` and `diffusion_pytorch_model.safetensors` (or `.bin`) in one folder,
 * or below it in `unet/`, with `scheduler_config.json` beside them or in `scheduler/`. checkpoint/ interprets their
 * contents.
 */
import { decodeTensors } from '../../checkpoint/checkpoint-file.ts';
import { isDiffusersNetwork, scheduleOfDiffusers, unetOfDiffusers } from '../../checkpoint/diffusers-config.ts';
import { weightsOfDiffusers } from '../../checkpoint/diffusers-weights.ts';
import { expected } from '../../math/errors.ts';
import { decodeJson } from '../../math/json.ts';
import type { TensorMap } from '../../math/tensor.ts';
import { type ModelConfig, modelConfig } from '../../model/config.ts';

/** Files under names with `/` between their words, like a store's; a folder's name ends with `/`. */
export interface SourceFiles {
  /** The bytes of a name; undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Its name for messages, for example a path. */
  title(name: string): string;
}

/** The network in its files: a model that generates, and weights under our names, not yet matched with it. */
export interface DiffusersNetwork {
  readonly config: ModelConfig;
  readonly weights: TensorMap;
  /** The name of the file of the weights. */
  readonly source: string;
  /** Whether it has a schedule. */
  readonly hasSchedule: boolean;
}

const weightNames = ['diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.bin'];

/** The last word of a name. */
export const lastWord = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

interface FoundFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function firstFile(files: SourceFiles, names: readonly string[]): Promise<FoundFile | undefined> {
  for (const name of names) {
    const bytes = await files.read(name);
    if (bytes) return { name, bytes };
  }
  return undefined;
}

/** Whether a folder has a diffusers configuration; an unreadable one does not count. */
async function hasNetwork(files: SourceFiles, folder: string): Promise<boolean> {
  try {
    const bytes = await files.read(`${folder}config.json`);
    return bytes !== undefined && isDiffusersNetwork(decodeJson(bytes, folder));
  } catch {
    return false;
  }
}

/** A folder `unet` belongs to a pipeline, with the scheduler beside it. */
const pipelinesOf = (unet: string): string[] => (/(^|\/)unet\/$/.test(unet) ? [unet, unet.slice(0, -5)] : [unet]);

/** A found diffusers configuration. */
export interface FoundDiffusers {
  readonly settings: unknown;
  /** The name of its file. */
  readonly config: string;
  /** The name of the weights file, if it is already known. */
  readonly weights: string | undefined;
}

/**
 * Finds a diffusers network.
 *
 * @param name a folder (`''` for the root of the names), with the network or a pipeline (`unet/`); or a weights file
 *   beside a diffusers `config.json`
 * @returns undefined if `name` is a file that does not belong to diffusers
 * @throws RddmError if a folder has no diffusers configuration
 */
export async function findDiffusers(files: SourceFiles, name: string): Promise<FoundDiffusers | undefined> {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  const isFolder = name === folder;
  if (!isFolder && !(await hasNetwork(files, folder))) return undefined;
  const folders = isFolder ? [`${folder}unet/`, folder] : [folder];
  const config = await firstFile(
    files,
    folders.map((one) => `${one}config.json`),
  );
  if (!config) {
    const what = 'a folder of diffusers, with config.json or unet/config.json';
    throw expected(files.title(name), what, 'neither', 'or name a .pt or .safetensors file');
  }
  const title = files.title(config.name);
  const settings = decodeJson(config.bytes, title);
  if (!isDiffusersNetwork(settings)) throw expected(title, 'settings of diffusers, with "_class_name"', 'none');
  return { settings, config: config.name, weights: isFolder ? undefined : name };
}

/**
 * Reads a found network.
 *
 * @throws RddmError if there are no weights, or a file is damaged or of another kind
 */
export async function readDiffusers(files: SourceFiles, found: FoundDiffusers): Promise<DiffusersNetwork> {
  const unet = found.config.slice(0, -'config.json'.length);
  const weights = await firstFile(files, found.weights ? [found.weights] : weightNames.map((file) => unet + file));
  if (!weights) throw expected(files.title(unet), `weights named ${weightNames.join(' or ')}`, 'neither');
  const schedulers = ['scheduler_config.json', 'scheduler/scheduler_config.json'];
  const scheduler = await firstFile(
    files,
    pipelinesOf(unet).flatMap((pipeline) => schedulers.map((file) => pipeline + file)),
  );
  const title = files.title(found.config);
  const schedulerTitle = files.title(scheduler?.name ?? found.config);
  const config = modelConfig(
    {
      ...{ task: 'generation', condition: 'none', objective: 'noise' },
      unet: unetOfDiffusers(found.settings, title),
      ...scheduleOfDiffusers(scheduler ? decodeJson(scheduler.bytes, schedulerTitle) : {}, schedulerTitle),
      training: { converted: { source: lastWord(weights.name), network: 'UNet2DModel' } },
    },
    title,
  );
  const weightsTitle = files.title(weights.name);
  return {
    config,
    weights: weightsOfDiffusers(decodeTensors(weights.bytes, weightsTitle), weightsTitle),
    source: weights.name,
    hasSchedule: scheduler !== undefined,
  };
}
