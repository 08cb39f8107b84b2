/** Experiments on disk: where models, pictures and results lie, and what they are run with. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExperimentMeans, ExperimentPlace } from '../../../operations/experiment/place.ts';
import { folderStore } from '../files/folder-store.ts';
import { nodeHost } from '../host.ts';
import { picturesOnDisk } from '../runs/pictures-on-disk.ts';
import { runFolder } from '../runs/run-folder.ts';
import { lockRun } from '../runs/run-lock.ts';

/** A folder as the place of experiments. */
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
 * What Node runs experiments with, beside a runtime.
 *
 * @param data the folder that the settings' paths start at
 * @param out the folder of models, pictures and results
 */
export const experimentMeans = (data: string, out: string): Omit<ExperimentMeans, 'runtime' | 'signal'> => ({
  place: experimentFolder(out),
  pictures: picturesOnDisk,
  whole: (path) => resolve(join(data, path)),
  host: nodeHost,
});
