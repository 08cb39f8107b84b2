/** Experiments on disk: where models, pictures and results are, and what experiments run with. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExperimentMeans, ExperimentPlace } from '../../../operations/experiment/place.ts';
import { folderStore } from '../files/folder-store.ts';
import { nodeHost } from '../host.ts';
import { picturesOnDisk } from '../runs/pictures-on-disk.ts';
import { runFolder } from '../runs/run-folder.ts';
import { lockRun } from '../runs/run-lock.ts';

/** A folder as a place for experiments. */
export const experimentFolder = (folder: string): ExperimentPlace => ({
  store: folderStore(folder),
  runPlace: (name) => runFolder(join(folder, name)),
  async take(name) {
    const part = join(folder, name);
    await mkdir(part, { recursive: true });
    return lockRun(part);
  },
});

/**
 * What Node runs experiments with, besides a runtime.
 *
 * @param data the folder to which the settings' paths are relative
 * @param out the folder for models, pictures and results
 */
export const experimentMeans = (data: string, out: string): Omit<ExperimentMeans, 'runtime' | 'signal'> => ({
  place: experimentFolder(out),
  pictures: picturesOnDisk,
  whole: (path) => resolve(join(data, path)),
  host: nodeHost,
});
