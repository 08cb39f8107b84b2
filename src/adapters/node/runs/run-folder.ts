/** The place of a training run in a directory, locked while a process works in it. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunPlace, readRunConfig as readConfig, runNames } from '../../../operations/train/run-place.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { fileError } from '../files/file-error.ts';
import { saveModel } from '../files/files.ts';
import { folderStore } from '../files/folder-store.ts';
import { removeStagedFiles } from '../files/staged-file.ts';
import { lockRun } from './run-lock.ts';

/** Creates the folders. */
async function makeFolders(directory: string): Promise<void> {
  await mkdir(join(directory, runNames.samples), { recursive: true }).catch((error) => {
    throw fileError('train', 'a folder for the run', directory, error);
  });
}

/** Removes half-written files of a killed process. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const folder of ['.', runNames.model, runNames.best, runNames.samples])
    await removeStagedFiles(join(directory, folder));
}

/** A directory as a run's place. */
export function runFolder(directory: string): RunPlace {
  let unlock: (() => Promise<void>) | undefined;
  return {
    store: folderStore(directory),
    titleOf: (name) => (name === undefined ? directory : join(directory, name)),
    saveModel: ({ config, weights }, folder) => saveModel(join(directory, folder), config, weights),
    async enter() {
      if (existsSync(directory)) unlock = await lockRun(directory);
    },
    async prepare() {
      await makeFolders(directory);
      unlock ??= await lockRun(directory);
      await removeLeftovers(directory);
    },
    async leave() {
      await unlock?.();
      unlock = undefined;
    },
  };
}

/**
 * Reads the configuration from a run's directory.
 *
 * @throws RddmError if there is no run, or its configuration is broken
 */
export const readRunConfig = (directory: string): Promise<TrainConfig> => readConfig(runFolder(directory));
