/**
 * Which configuration `rddm train` runs: a file, a shipped preset or the one of a run that is continued, with the options
 * laid over it. Printing is left out: what a person should know comes back as notes.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { readJson } from '../adapters/node/files/json-file.ts';
import { isFile } from '../adapters/node/files/path-kind.ts';
import { inPackage } from '../adapters/node/package-root.ts';
import { readRunConfig } from '../adapters/node/runs/run-folder.ts';
import { degradations } from '../data/degrade/degradation.ts';
import { expected } from '../math/errors.ts';
import { type TrainConfig, trainConfig } from '../train/config.ts';
import { withSteps } from '../train/with-steps.ts';
import { type DataFlags, withDataFlags } from './train-data.ts';

/** The options that change a configuration. */
export interface ConfigurationFlags extends DataFlags {
  readonly steps?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly device?: 'cpu' | 'webgpu';
}

/** A configuration, and what its reader should be told of it. */
interface Configuration {
  readonly config: TrainConfig;
  readonly notes: readonly string[];
}

/** The presets that ship. */
export const presetNames = (): string[] => readdirSync(inPackage('presets')).map((file) => basename(file, '.json'));

/** The options laid over what the configuration says, its data as already settled; the steps are another matter. */
function withFlags(
  written: Record<string, unknown>,
  data: Record<string, unknown>,
  flags: ConfigurationFlags,
): Record<string, unknown> {
  const { learningRate, seed, device } = flags;
  const optimiser = { ...(written.optimiser as object | undefined), learningRate };
  return {
    ...written,
    data,
    ...(learningRate !== undefined && { optimiser }),
    ...(seed !== undefined && { seed }),
    ...(device !== undefined && { device }),
  };
}

/** The preset that trains where none is named: a small network for pairs, or for clean pictures and a degradation. */
const defaultPreset = 'restoration';

/** Without a configuration, the options alone say what is learnt. */
function requirePictures({ data, clean, degrade, input }: ConfigurationFlags): void {
  if (data === undefined && clean === undefined && input === undefined) {
    const pictures =
      'pictures (--input and --target, --clean and --degrade, or --data), a configuration, or --resume RUN';
    throw expected('train', pictures, 'none', 'see rddm help train');
  }
  if (clean !== undefined && degrade === undefined) {
    const remedy = `the input is made from the clean pictures: name one of ${Object.keys(degradations).join(', ')}`;
    throw expected('train', '--degrade with --clean', 'none', remedy);
  }
}

/**
 * The configuration of a new run.
 *
 * @param name a file or a preset; without one, the default preset with the pictures that the options name
 */
export async function newConfiguration(name: string | undefined, flags: ConfigurationFlags): Promise<Configuration> {
  if (name === undefined) requirePictures(flags);
  return configurationOf(name ?? defaultPreset, flags);
}

/** The configuration in a file or of a preset, with the options laid over it. */
async function configurationOf(name: string, flags: ConfigurationFlags): Promise<Configuration> {
  // A folder called like a preset is no configuration.
  const path = (await isFile(name)) ? name : inPackage('presets', `${name}.json`);
  if (!(await isFile(path))) {
    throw expected('train', `a configuration file or a preset (${presetNames().join(', ')})`, name);
  }
  const json = await readJson(path, 'train');
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw expected(path, 'a configuration, an object in JSON', JSON.stringify(json).slice(0, 40));
  }
  const written: Record<string, unknown> = { ...json };
  const { steps } = flags;
  // Judged at its own length where it is to be shorter: what contradicts itself as written is refused as ever.
  if (steps !== undefined && typeof written.steps === 'number' && steps > written.steps) written.steps = steps;
  const { data, notes } = await withDataFlags(written, flags);
  const config = trainConfig(withFlags(written, data, flags), path);
  if (steps === undefined) return { config, notes };
  const { changes, ...shorter } = withSteps(config, steps);
  const note = `${steps} steps in place of ${config.steps}: ${changes.join(', ')}`;
  return { config: shorter.config, notes: changes.length > 0 ? [...notes, note] : notes };
}

/** The configuration of a run that goes on. Its data and seed are those that it began with. */
export async function resumedConfiguration(directory: string, flags: ConfigurationFlags): Promise<Configuration> {
  const fixed = ['data', 'clean', 'degrade', 'input', 'target', 'mask', 'exclude', 'seed'] as const;
  const changed = fixed.find((flag) => flags[flag] !== undefined);
  if (changed !== undefined) {
    const remedy = 'leave it out, or start a new run';
    throw expected('train', 'the data and the seed that the run began with', `--${changed}`, remedy);
  }
  const stored = await readRunConfig(directory);
  const { steps = stored.steps } = flags;
  const config = trainConfig({ ...withFlags(stored, stored.data, flags), steps }, directory);
  const isMoved = config.device !== stored.device;
  const note = `warning: the run was on ${stored.device} and goes on on ${config.device}: its bytes will not be those of a run on one device`;
  return { config, notes: isMoved ? [note] : [] };
}
