/**
 * The files of a source of training pictures: pairs by name or by line, and pictures to draw from. Reads only lists and
 * folders.
 */
import { expected } from '../math/errors.ts';
import type { DatasetConfig } from './dataset-config.ts';
import type { DatasetItem, InputSource } from './example.ts';
import { pairsByName } from './pairs-by-name.ts';
import type { PictureFiles } from './picture-files.ts';

/** The files found: items, each used once per epoch, and where their inputs come from. */
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

/** Which files to leave out, by path; it may record its calls. */
type IsExcluded = (path: string) => boolean;

/** Pairs the pictures of several folders by name, in the order of the first; an excluded picture needs no partner. */
async function pairFolders(
  folders: readonly { folder: string; ending: string }[],
  { list, nameOf }: PictureFiles,
  isExcluded: IsExcluded,
): Promise<Source[]> {
  const files = await Promise.all(
    folders.map(async ({ folder, ending }) => pairsByName(await list(folder), folder, ending, nameOf)),
  );
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
        const remedy = 'pairs need equal file names; otherwise list them in .flist files';
        throw expected(folder, `a picture named ${alone}, the partner of ${from.get(alone)}`, 'none', remedy);
      }
    }
  }
  return files.map((map, at) => ({
    where: folders[at].folder,
    paths: [...first.keys()].map((name) => map.get(name)!),
  }));
}

/** The paths in a `.flist` file, one per line. */
async function readFlist(list: string, { lines }: PictureFiles): Promise<Source> {
  const paths = await lines(list);
  if (paths.length === 0) throw expected(list, 'at least one path, one per line', 'an empty list');
  return { where: list, paths };
}

/** Pairs `.flist` files line by line. */
async function pairLists(lists: readonly string[], files: PictureFiles): Promise<Source[]> {
  const sources = await Promise.all(lists.map((list) => readFlist(list, files)));
  const [{ where, paths }] = sources;
  for (const other of sources) {
    if (other.paths.length !== paths.length) {
      const remedy = 'lines pair by their order, so all lists need the same number';
      throw expected(other.where, `${paths.length} paths as in ${where}`, String(other.paths.length), remedy);
    }
  }
  return sources;
}

/** Items of clean pictures, then inputs and masks if there are any. */
function itemsOf([clean, input, mask]: readonly Source[], { nameOf }: PictureFiles): DatasetItem[] {
  return clean.paths.map((path, at) => ({
    name: nameOf(path),
    clean: path,
    ...(input && { input: input.paths[at] }),
    ...(mask && { mask: mask.paths[at] }),
  }));
}

const pathsIn = async (folder: string, { list }: PictureFiles): Promise<string[]> =>
  (await list(folder)).map(({ path }) => path);

/** Pictures without partners. */
const itemsIn = async (folder: string, files: PictureFiles): Promise<DatasetItem[]> =>
  itemsOf([{ where: folder, paths: await pathsIn(folder, files) }], files);

/**
 * Finds the files of a source.
 *
 * @param config with paths that `files` understands
 * @throws RddmError if a folder or list is missing or empty, or a partner is missing
 */
export async function findSources(
  config: DatasetConfig,
  files: PictureFiles,
  isExcluded: IsExcluded,
): Promise<FoundSources> {
  switch (config.kind) {
    case 'folders': {
      const { input, target, mask, endings } = config;
      const wanted = [
        { folder: target, ending: endings?.target ?? '' },
        { folder: input, ending: endings?.input ?? '' },
        ...(mask === undefined ? [] : [{ folder: mask, ending: endings?.mask ?? '' }]),
      ];
      const items = itemsOf(await pairFolders(wanted, files, isExcluded), files);
      return { items, source: { kind: 'paired' }, where: target };
    }
    case 'flist': {
      const { input, target, mask } = config;
      const lists = [target, input, ...(mask === undefined ? [] : [mask])];
      return { items: itemsOf(await pairLists(lists, files), files), source: { kind: 'paired' }, where: target };
    }
    case 'degraded': {
      const { clean, degradation } = config;
      return { items: await itemsIn(clean, files), source: { kind: 'degraded', degradation }, where: clean };
    }
    case 'masked': {
      const { clean } = config;
      const masks = await pathsIn(config.masks, files);
      return { items: await itemsIn(clean, files), source: { kind: 'masked', masks }, where: clean };
    }
    case 'unpaired': {
      const { input, target } = config;
      const pictures = (await pathsIn(input, files)).filter((path) => !isExcluded(path));
      if (pictures.length === 0) throw expected(input, 'pictures besides the excluded ones', 'none');
      return { items: await itemsIn(target, files), source: { kind: 'unpaired', pictures }, where: target };
    }
    case 'images': {
      const { folder } = config;
      return { items: await itemsIn(folder, files), source: { kind: 'none' }, where: folder };
    }
  }
}
