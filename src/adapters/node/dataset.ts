/**
 * Opens a source of training pictures: finds the files, pairs them, and refuses at once what would otherwise fail
 * hours into a run. Every file is read, which finds those that break off, but none decoded: that is the loader's work.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { DatasetItem } from '../../data/batch.ts';
import { type DatasetConfig, type DatasetConfigInput, datasetConfigSchema } from '../../data/dataset-config.ts';
import { expected } from '../../math/errors.ts';
import { validated } from '../../math/validate.ts';
import { imageSize, listImages } from './images.ts';
import { picturesByName } from './pictures-by-name.ts';

/** A source with its files found and checked. */
export interface Dataset {
  readonly config: DatasetConfig;
  readonly items: readonly DatasetItem[];
}

/** Where the paths of each member of an item were found, for messages. */
interface Source {
  readonly where: string;
  readonly paths: readonly string[];
}

/** File names to leave out, and those of them that were met. */
interface Exclusion {
  readonly names: readonly string[];
  readonly met: Set<string>;
}

/** Files read at a time. */
const READERS = 8;

/** Whether a file is left out; notes that it was met. */
function isExcluded(path: string, { names, met }: Exclusion): boolean {
  const name = basename(path);
  if (!names.includes(name)) return false;
  met.add(name);
  return true;
}

/** Pairs the pictures of several folders by name, in the order of the first; an excluded picture needs no partner. */
async function pairFolders(folders: readonly string[], exclusion: Exclusion): Promise<Source[]> {
  const files = await Promise.all(folders.map(picturesByName));
  const dropped = files.flatMap((map) => [...map].filter(([, path]) => isExcluded(path, exclusion)));
  for (const map of files) for (const [name] of dropped) map.delete(name);
  const [first] = files;
  for (const [at, others] of files.entries()) {
    for (const [from, to, folder] of [
      [first, others, folders[at]],
      [others, first, folders[0]],
    ] as const) {
      const alone = [...from.keys()].find((name) => !to.has(name));
      if (alone !== undefined) {
        const remedy = 'pairs have the same file name; where they have not, list them in .flist files';
        throw expected(folder, `a picture named ${alone}, the partner of ${from.get(alone)}`, 'none', remedy);
      }
    }
  }
  return files.map((map, at) => ({ where: folders[at], paths: [...first.keys()].map((name) => map.get(name)!) }));
}

/** The paths that a `.flist` file names, one a line. */
async function readFlist(path: string): Promise<Source> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw expected(
      path,
      'a text file with one path a line',
      error.code === 'ENOENT' ? 'nothing of that name' : error.message,
    );
  });
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const paths = lines.filter((line) => line !== '').map((line) => resolve(dirname(path), line));
  if (paths.length === 0) throw expected(path, 'at least one path, one a line', 'an empty list');
  return { where: path, paths };
}

/** Pairs `.flist` files line by line. */
async function pairLists(lists: readonly string[]): Promise<Source[]> {
  const sources = await Promise.all(lists.map(readFlist));
  const [{ where, paths }] = sources;
  for (const other of sources) {
    if (other.paths.length !== paths.length) {
      const remedy = 'lines pair by their order, so each list needs as many';
      throw expected(other.where, `${paths.length} paths as in ${where}`, String(other.paths.length), remedy);
    }
  }
  return sources;
}

/** Which files make up the members of an item, clean pictures first. */
async function findSources(
  config: DatasetConfig,
  at: (path: string) => string,
  exclusion: Exclusion,
): Promise<Source[]> {
  switch (config.kind) {
    case 'folders':
    case 'flist': {
      const wanted = [config.target, config.input, ...(config.mask === undefined ? [] : [config.mask])].map(at);
      return config.kind === 'folders' ? pairFolders(wanted, exclusion) : pairLists(wanted);
    }
    case 'degraded':
    case 'images': {
      const folder = at(config.kind === 'images' ? config.folder : config.clean);
      return [{ where: folder, paths: await listImages(folder) }];
    }
  }
}

/** Takes out the excluded; a name that excludes nothing is most likely misspelt, and would leak into training. */
function withoutExcluded(items: readonly DatasetItem[], exclusion: Exclusion, where: string): DatasetItem[] {
  const left = items.filter(({ clean, input, mask }) => {
    const excluded = [clean, input, mask].map((path) => path !== undefined && isExcluded(path, exclusion));
    return !excluded.includes(true);
  });
  const unknown = exclusion.names.find((name) => !exclusion.met.has(name));
  if (unknown !== undefined) {
    throw expected(where, 'names of files to exclude that are there, extension included', unknown, 'correct "exclude"');
  }
  if (left.length === 0) throw expected(where, 'pictures to train on', 'none besides the excluded ones');
  return left;
}

/** Reads every file's header and kind: a broken file or a pair of two sizes is named now rather than in the middle of the night. */
async function checkHeaders(items: readonly DatasetItem[]): Promise<void> {
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < items.length) {
      const { clean, input, mask } = items[next++];
      const size = await imageSize(clean);
      for (const path of [input, mask]) {
        if (path === undefined) continue;
        const other = await imageSize(path);
        if (other.width !== size.width || other.height !== size.height) {
          const wanted = `${size.width}x${size.height} pixels, the size of its partner ${clean}`;
          throw expected(path, wanted, `${other.width}x${other.height}`, 'resize one of them');
        }
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
}

/**
 * Opens a source of training pictures and checks it.
 *
 * @param input the source, defaults filled in
 * @param base folder at which relative paths start, by default the current one
 * @throws RddmError when the configuration is wrong, a folder or list is missing or empty, a partner is missing, a file
 *   is no picture, or pictures of a pair differ in size
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
  const exclusion: Exclusion = { names: config.exclude, met: new Set() };
  const sources = await findSources(config, (path) => resolve(base, path), exclusion);
  const [clean, degraded, masks] = sources.map(({ paths }) => paths);
  const all = clean.map((path, at) => ({
    name: basename(path),
    clean: path,
    ...(degraded && { input: degraded[at] }),
    ...(masks && { mask: masks[at] }),
  }));
  const items = withoutExcluded(all, exclusion, sources[0].where);
  await checkHeaders(items);
  return { config, items };
}
