/** Data sets on disk: the files of a source of training pictures. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type Dataset, findDataset } from '../../../data/dataset.ts';
import { type DatasetConfigInput, datasetConfigSchema, mapPaths } from '../../../data/dataset-config.ts';
import { linesOf, type PictureFiles } from '../../../data/picture-files.ts';
import { expected } from '../../../math/errors.ts';
import { validated } from '../../../math/validate.ts';
import { readBytes } from '../files/files.ts';
import { imageSize } from '../pictures/images.ts';
import { findPictures } from '../pictures/picture-folders.ts';

async function pathsOfList(list: string): Promise<string[]> {
  const text = await readFile(list, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const got = error.code === 'ENOENT' ? 'nothing of that name' : error.message;
    throw expected(list, 'a text file with one path per line', got);
  });
  return linesOf(text).map((line) => resolve(dirname(list), line));
}

/** Pictures on disk, by their paths. */
export const pictureFiles: PictureFiles = {
  list: findPictures,
  lines: pathsOfList,
  nameOf: (path) => basename(path),
  sizeOf: imageSize,
  bytesOf: async (path) => (await stat(path)).size,
  contentOf: (path) => readBytes(path, 'train'),
};

/**
 * Opens a source of training pictures and checks it.
 *
 * @param input the source, with defaults filled in
 * @param base the folder to which paths are relative, by default the current one
 * @throws RddmError if the configuration is wrong, a folder or list is missing or empty, a partner is missing, a file
 *   is not a picture, or pictures of a pair differ in size
 *
 * @example
 * ```ts
 * import { openDataset, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * const grey = { width: 8, height: 8, channels: 1 as const, data: new Uint8Array(64) };
 * await writeImage(join(folder, 'a.png'), grey);
 * const { items } = await openDataset({ kind: 'degraded', clean: folder, degradation: { kind: 'rain' } });
 * assert.equal(items[0].name, 'a.png');
 * ```
 */
export async function openDataset(input: DatasetConfigInput, base = '.'): Promise<Dataset> {
  const config = validated(datasetConfigSchema, input, 'data');
  const whole = mapPaths(config, (path) => resolve(base, path));
  return { ...(await findDataset(whole, pictureFiles)), config };
}
