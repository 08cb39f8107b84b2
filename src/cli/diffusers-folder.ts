/**
 * A network of diffusers on disk: `config.json` and `diffusion_pytorch_model.safetensors` (or `.bin`) in one folder, or
 * below it as `unet/`, with `scheduler_config.json` beside them or in `scheduler/`. What the files mean is
 * decided in checkpoint/.
 */
import { basename, dirname, join } from 'node:path';
import { readJson } from '../adapters/node/files/json-file.ts';
import { isDiffusersNetwork, scheduleOfDiffusers, unetOfDiffusers } from '../checkpoint/diffusers-config.ts';
import { weightsOfDiffusers } from '../checkpoint/diffusers-weights.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { type ModelConfig, modelConfig } from '../model/config.ts';
import { readTensors } from './checkpoint-file.ts';
import { kindOf } from './paths.ts';

/** Where the parts of a network are. */
export interface DiffusersFiles {
  readonly config: string;
  /** What it says. */
  readonly settings: unknown;
  readonly weights: string;
  /** None where nothing is said of the schedule. */
  readonly scheduler?: string;
}

const weightNames = ['diffusion_pytorch_model.safetensors', 'diffusion_pytorch_model.bin'];

const isThere = async (path: string): Promise<boolean> => (await kindOf(path)) === 'file';

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isThere(path)) return path;
  return undefined;
}

/**
 * The files of a network of diffusers.
 *
 * @param path its folder, that of a pipeline (with `unet/`), or its file of weights beside a `config.json` of diffusers
 * @returns undefined where `path` is a file that belongs to nothing of diffusers
 * @throws RddmError when a folder has no configuration or no weights of diffusers
 */
export async function findDiffusers(path: string): Promise<DiffusersFiles | undefined> {
  const isFolder = (await kindOf(path)) === 'folder';
  const folder = isFolder ? path : dirname(path);
  if (!isFolder) {
    const beside = join(folder, 'config.json');
    if (!(await isThere(beside)) || !isDiffusersNetwork(await readJson(beside, 'convert').catch(() => undefined))) {
      return undefined;
    }
  }
  const unet = isFolder && (await isThere(join(folder, 'unet', 'config.json'))) ? join(folder, 'unet') : folder;
  const config = join(unet, 'config.json');
  if (!(await isThere(config))) {
    const what = 'a folder of diffusers, with config.json or unet/config.json';
    throw expected(path, what, 'neither', 'or name a .pt or .safetensors file');
  }
  const settings = await readJson(config, 'convert');
  if (!isDiffusersNetwork(settings)) throw expected(config, 'settings of diffusers, with "_class_name"', 'none');
  const weights = isFolder ? await firstFile(weightNames.map((name) => join(unet, name))) : path;
  if (weights === undefined) throw expected(unet, `weights named ${weightNames.join(' or ')}`, 'neither');
  // A folder `unet` belongs to a pipeline, whose scheduler lies beside it.
  const pipelines = basename(unet) === 'unet' ? [unet, dirname(unet)] : [unet];
  const schedulers = pipelines.flatMap((pipeline) => [
    join(pipeline, 'scheduler_config.json'),
    join(pipeline, 'scheduler', 'scheduler_config.json'),
  ]);
  const scheduler = await firstFile(schedulers);
  return { config, settings, weights, ...(scheduler !== undefined && { scheduler }) };
}

/** What the files hold, in our words: a model that generates, and weights by our names, not yet matched with it. */
export async function readDiffusers(files: DiffusersFiles): Promise<{ config: ModelConfig; weights: TensorMap }> {
  const { config: configPath, settings, weights: weightsPath, scheduler } = files;
  const unet = unetOfDiffusers(settings, configPath);
  const told = scheduler === undefined ? {} : await readJson(scheduler, 'convert');
  const config = modelConfig(
    {
      ...{ task: 'generation', condition: 'none', objective: 'noise' },
      unet,
      ...scheduleOfDiffusers(told, scheduler ?? configPath),
      training: { converted: { source: basename(weightsPath), network: 'UNet2DModel' } },
    },
    configPath,
  );
  return { config, weights: weightsOfDiffusers(await readTensors(weightsPath, 'convert'), weightsPath) };
}
