/**
 * Which files a source of training pictures consists of: pairs by name or by line, and pictures that are drawn from.
 * Nothing is read here but lists and folders.
 */
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { DatasetConfig } from '../../../data/dataset-config.ts';
import type { DatasetItem, InputSource } from '../../../data/example.ts';
import { expected } from '../../../math/errors.ts';
import { findPictures } from './picture-folders.ts';
import { picturesByName } from './pictures-by-name.ts';

/** Files found: items, of which an epoch has each once, and where their inputs come from. */
export interface FoundSources {
  readonly items: readonly DatasetItem[];
  readonly source: InputSource;
  /** The folder or list of the clean pictures, for messages. */
  readonly where: string;
}

/** Where the paths of each member of an item were found. */
interface Source {
  readonly where: string;
  readonly paths: readonly string[];
}

/** Which files are left out, told by their paths; it may note what it was asked. */
type IsExcluded = (path: string) => boolean;

/** Pairs the pictures of several folders by name, in the order of the first; an excluded picture needs no partner. */
async function pairFolders(
  folders: readonly { folder: string; ending: string }[],
  isExcluded: IsExcluded,
): Promise<Source[]> {
  const files = await Promise.all(folders.map(({ folder, ending }) => picturesByName(folder, ending)));
  const dropped = files.flatMap((map) => [...map].filter(([, path]) => isExcluded(path)));
  for (const map of files) for (const [name] of dropped) map.delete(name);
  const [first] = files;
  for (const [at, others] of files.entries()) {
    for (const [from, to, folder] of [
      [first, others, folders[at].folder],
      [others, first, folders[0].folder],
    ] as const) {
      const alone = [...from.keys()].find((name) => !to.has(name));
      if (alone !== undefined) {
        const remedy = 'pairs have the same file name; where they have not, list them in .flist files';
        throw expected(folder, `a picture named ${alone}, the partner of ${from.get(alone)}`, 'none', remedy);
      }
    }
  }
  return files.map((map, at) => ({
    where: folders[at].folder,
    paths: [...first.keys()].map((name) => map.get(name)!),
  }));
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

/** Items of clean pictures, then inputs and masks where there are such. */
function itemsOf([clean, input, mask]: readonly Source[]): DatasetItem[] {
  return clean.paths.map((path, at) => ({
    name: basename(path),
    clean: path,
    ...(input && { input: input.paths[at] }),
    ...(mask && { mask: mask.paths[at] }),
  }));
}

const alone = async (folder: string): Promise<string[]> => (await findPictures(folder)).map(({ path }) => path);

/** Pictures without partners. */
const itemsIn = async (folder: string): Promise<DatasetItem[]> =>
  itemsOf([{ where: folder, paths: await alone(folder) }]);

/**
 * Finds the files of a source.
 *
 * @param at makes a path of the configuration whole
 * @throws RddmError when a folder or list is missing or empty, or a partner is missing
 */
export async function findSources(
  config: DatasetConfig,
  at: (path: string) => string,
  isExcluded: IsExcluded,
): Promise<FoundSources> {
  switch (config.kind) {
    case 'folders': {
      const { input, target, mask, endings } = config;
      const wanted = [
        { folder: at(target), ending: endings?.target ?? '' },
        { folder: at(input), ending: endings?.input ?? '' },
        ...(mask === undefined ? [] : [{ folder: at(mask), ending: endings?.mask ?? '' }]),
      ];
      const items = itemsOf(await pairFolders(wanted, isExcluded));
      return { items, source: { kind: 'paired' }, where: wanted[0].folder };
    }
    case 'flist': {
      const { input, target, mask } = config;
      const lists = [target, input, ...(mask === undefined ? [] : [mask])].map(at);
      return { items: itemsOf(await pairLists(lists)), source: { kind: 'paired' }, where: lists[0] };
    }
    case 'degraded': {
      const where = at(config.clean);
      return { items: await itemsIn(where), source: { kind: 'degraded', degradation: config.degradation }, where };
    }
    case 'masked': {
      const where = at(config.clean);
      const masks = await alone(at(config.masks));
      return { items: await itemsIn(where), source: { kind: 'masked', masks }, where };
    }
    case 'unpaired': {
      const where = at(config.target);
      const pictures = (await alone(at(config.input))).filter((path) => !isExcluded(path));
      if (pictures.length === 0) throw expected(at(config.input), 'pictures besides the excluded ones', 'none');
      return { items: await itemsIn(where), source: { kind: 'unpaired', pictures }, where };
    }
    case 'images': {
      const where = at(config.folder);
      return { items: await itemsIn(where), source: { kind: 'none' }, where };
    }
  }
}
