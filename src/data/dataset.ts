/**
 * A source of training pictures with its files: finds and pairs them, and at once refuses what would otherwise fail
 * hours into a run. Every file is read, to find truncated ones, but none decoded; the loader does that.
 */
import { sha256 } from '../math/digest.ts';
import { expected } from '../math/errors.ts';
import type { DatasetConfig } from './dataset-config.ts';
import type { DatasetItem, InputSource } from './example.ts';
import type { PictureFiles } from './picture-files.ts';
import { findSources } from './picture-sources.ts';

/** A source with its files found and checked. */
export interface Dataset {
  readonly config: DatasetConfig;
  readonly items: readonly DatasetItem[];
  /** Where inputs come from, with the files to draw from. */
  readonly source: InputSource;
}

/** File names to leave out, and which of them were found. */
interface Exclusion {
  readonly names: readonly string[];
  readonly met: Set<string>;
}

/** Files read at a time. */
const READERS = 8;

/** Whether a file is left out; records that it was found. */
function isExcluded(name: string, { names, met }: Exclusion): boolean {
  if (!names.includes(name)) return false;
  met.add(name);
  return true;
}

/**
 * Removes the excluded files; a name that excludes nothing is probably misspelt, and would leak into training.
 *
 * @param isLeftOut called for every path, so that all existing names count as found
 */
function withoutExcluded(
  items: readonly DatasetItem[],
  exclusion: Exclusion,
  isLeftOut: (path: string) => boolean,
  where: string,
): DatasetItem[] {
  const left = items.filter((item) => !picturesOf(item).map(isLeftOut).includes(true));
  const unknown = exclusion.names.find((name) => !exclusion.met.has(name));
  if (unknown !== undefined) {
    throw expected(where, 'names of existing files to exclude, with extension', unknown, 'correct "exclude"');
  }
  if (left.length === 0) throw expected(where, 'pictures to train on', 'none besides the excluded ones');
  return left;
}

/** The pictures from which inputs are drawn, besides those of the items. */
function drawnFrom(source: InputSource): readonly string[] {
  if (source.kind === 'masked') return source.masks;
  return source.kind === 'unpaired' ? source.pictures : [];
}

/** The pictures of an item: clean, input, mask. */
const picturesOf = ({ clean, input, mask }: DatasetItem): string[] =>
  [clean, input, mask].filter((path) => path !== undefined);

/**
 * Reads every file's header and kind: a broken file or a pair of different sizes is named now rather than hours later.
 */
async function checkHeaders(
  items: readonly DatasetItem[],
  drawn: readonly string[],
  { sizeOf }: PictureFiles,
): Promise<void> {
  const groups = [...items.map(picturesOf), ...drawn.map((path) => [path])];
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < groups.length) {
      const [first, ...partners] = groups[next++];
      const size = await sizeOf(first);
      for (const path of partners) {
        const other = await sizeOf(path);
        if (other.width !== size.width || other.height !== size.height) {
          const wanted = `${size.width}x${size.height} pixels, the size of its partner ${first}`;
          throw expected(path, wanted, `${other.width}x${other.height}`, 'resize one of them');
        }
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
}

/**
 * Finds the pictures of a source and checks them.
 *
 * @param config with paths that `files` understands
 * @throws RddmError if a folder or list is missing or empty, a partner is missing, a file is not a picture, or pictures
 *   of a pair differ in size
 */
export async function findDataset(config: DatasetConfig, files: PictureFiles): Promise<Dataset> {
  const exclusion: Exclusion = { names: config.exclude, met: new Set() };
  const isLeftOut = (path: string): boolean => isExcluded(files.nameOf(path), exclusion);
  const found = await findSources(config, files, isLeftOut);
  const items = withoutExcluded(found.items, exclusion, isLeftOut, found.where);
  await checkHeaders(items, drawnFrom(found.source), files);
  return { config, items, source: found.source };
}

/** A hash of the names and sizes of all pictures, in their order: with others, the same seed means other batches. */
export async function fingerprintOf({ items, source }: Dataset, { nameOf, bytesOf }: PictureFiles): Promise<string> {
  const lines: string[] = [];
  for (const path of [...items.flatMap(picturesOf), ...drawnFrom(source)]) {
    lines.push(`${nameOf(path)} ${await bytesOf(path)}\n`);
  }
  return sha256(lines.join(''));
}
