/**
 * Opens a source of training pictures: finds the files, pairs them, and refuses at once what would otherwise fail
 * hours into a run. Every file is read, which finds those that break off, but none decoded: that is the loader's work.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type DatasetConfig, type DatasetConfigInput, datasetConfigSchema } from '../../../data/dataset-config.ts';
import type { DatasetItem, InputSource } from '../../../data/example.ts';
import { expected } from '../../../math/errors.ts';
import { validated } from '../../../math/validate.ts';
import { imageSize } from '../pictures/images.ts';
import { findSources } from '../pictures/picture-sources.ts';

/** A source with its files found and checked. */
export interface Dataset {
  readonly config: DatasetConfig;
  readonly items: readonly DatasetItem[];
  /** Where inputs come from, with the files that are drawn from. */
  readonly source: InputSource;
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

/** Takes out the excluded; a name that excludes nothing is most likely misspelt, and would leak into training. */
function withoutExcluded(items: readonly DatasetItem[], exclusion: Exclusion, where: string): DatasetItem[] {
  // Every name is asked for, so that all that are there count as met.
  const left = items.filter(
    (item) =>
      !picturesOf(item)
        .map((path) => isExcluded(path, exclusion))
        .includes(true),
  );
  const unknown = exclusion.names.find((name) => !exclusion.met.has(name));
  if (unknown !== undefined) {
    throw expected(where, 'names of files to exclude that are there, extension included', unknown, 'correct "exclude"');
  }
  if (left.length === 0) throw expected(where, 'pictures to train on', 'none besides the excluded ones');
  return left;
}

/** The pictures that inputs are drawn from, beside those of the items. */
function drawnFrom(source: InputSource): readonly string[] {
  if (source.kind === 'masked') return source.masks;
  return source.kind === 'unpaired' ? source.pictures : [];
}

/** The pictures of an item: clean, input, mask. */
const picturesOf = ({ clean, input, mask }: DatasetItem): string[] =>
  [clean, input, mask].filter((path) => path !== undefined);

/** Reads every file's header and kind: a broken file or a pair of two sizes is named now rather than in the middle of the night. */
async function checkHeaders(items: readonly DatasetItem[], drawn: readonly string[]): Promise<void> {
  const groups = [...items.map(picturesOf), ...drawn.map((path) => [path])];
  let next = 0;
  const reader = async (): Promise<void> => {
    while (next < groups.length) {
      const [first, ...partners] = groups[next++];
      const size = await imageSize(first);
      for (const path of partners) {
        const other = await imageSize(path);
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
  const found = await findSources(
    config,
    (path) => resolve(base, path),
    (path) => isExcluded(path, exclusion),
  );
  const items = withoutExcluded(found.items, exclusion, found.where);
  await checkHeaders(items, drawnFrom(found.source));
  return { config, items, source: found.source };
}

/** A hash of the names and sizes of all pictures, in their order: with others, the same seed means other batches. */
export async function fingerprintOf({ items, source }: Dataset): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...items.flatMap(picturesOf), ...drawnFrom(source)])
    hash.update(`${basename(path)} ${(await stat(path)).size}\n`);
  return hash.digest('hex');
}
