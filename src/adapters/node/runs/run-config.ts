/**
 * The configuration of a run in its directory: `train.json`, complete, with whole paths, so that a run can be continued
 * from anywhere.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { type TrainConfig, trainConfig } from '../../../train/config.ts';
import { writeFileAtomic } from '../files/files.ts';
import { readJson } from '../files/json-file.ts';

const FILE = 'train.json';

/** The members of a data source that are paths. */
const pathKeys = new Set(['clean', 'input', 'target', 'mask', 'masks', 'folder']);

/** Applies `f` to every path of a data source. */
export function mapPaths(data: TrainConfig['data'], f: (path: string) => string): TrainConfig['data'] {
  const entries = Object.entries(data).map(([key, value]) => [key, pathKeys.has(key) ? f(String(value)) : value]);
  return Object.fromEntries(entries) as TrainConfig['data'];
}

/** The same configuration with absolute paths. */
export const withWholePaths = (config: TrainConfig): TrainConfig => ({
  ...config,
  data: mapPaths(config.data, (path) => resolve(path)),
});

/** Whether a directory holds a run. */
export const hasRun = (directory: string): boolean => existsSync(join(directory, FILE));

/** Reads the configuration of a run's directory. */
export async function readRunConfig(directory: string): Promise<TrainConfig> {
  const path = join(directory, FILE);
  if (!hasRun(directory)) {
    throw expected('train', `a run with ${FILE} in ${directory}`, 'none', 'start one with --out');
  }
  return trainConfig(await readJson(path, 'train'), path);
}

/** Writes the configuration of a run into its directory. */
export const writeRunConfig = (directory: string, config: TrainConfig): Promise<void> =>
  writeFileAtomic(join(directory, FILE), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
