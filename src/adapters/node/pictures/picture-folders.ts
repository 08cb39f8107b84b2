/**
 * Folders of pictures by one path: `photos` is a folder, and `train/*` followed by `blur` stands for the folders `blur`
 * of all scenes in train. A `*` stands for any one folder that is not hidden; deeper trees need one per level.
 */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { FoundPicture } from '../../../data/picture-files.ts';
import { expected } from '../../../math/errors.ts';
import { isFolder } from '../files/path-kind.ts';
import { imagesIn, listImages } from './images.ts';

/** A folder, and what the path's `*` matched. */
interface MatchedFolder {
  readonly folder: string;
  readonly matched: readonly string[];
}

async function subfoldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter(({ name }) => !name.startsWith('.')).map(({ name }) => name);
  const folders = await Promise.all(names.map((name) => isFolder(join(folder, name))));
  return names.filter((_, at) => folders[at]).sort();
}

/** The existing folders that match a path with `*`, sorted. */
async function matchFolders(pattern: string): Promise<MatchedFolder[]> {
  const [first, ...segments] = pattern.split(/[\\/]/);
  let found: MatchedFolder[] = [{ folder: first === '' ? sep : first, matched: [] }];
  if (first === '*') found = (await subfoldersOf('.')).map((name) => ({ folder: name, matched: [name] }));
  for (const segment of segments) {
    const next = found.map(async ({ folder, matched }) =>
      segment === '*'
        ? (await subfoldersOf(folder)).map((name) => ({ folder: join(folder, name), matched: [...matched, name] }))
        : [{ folder: join(folder, segment), matched }],
    );
    found = (await Promise.all(next)).flat();
  }
  const there = await Promise.all(found.map(({ folder }) => isFolder(folder)));
  return found.filter((_, at) => there[at]);
}

/** Whether a path, with or without `*`, matches at least one existing folder. */
export const hasFolder = async (pattern: string): Promise<boolean> => (await matchFolders(pattern)).length > 0;

/** Whether a path may match several folders. */
const isPattern = (path: string): boolean => path.split(/[\\/]/).includes('*');

/**
 * The pictures of a folder, or of all folders that match a path with `*`, in the order of their paths.
 *
 * @throws RddmError if there is no such folder, or no picture in any
 */
export async function findPictures(pattern: string): Promise<FoundPicture[]> {
  if (!isPattern(pattern)) return (await listImages(pattern)).map((path) => ({ path, matched: [] }));
  const folders = await matchFolders(pattern);
  const lists = await Promise.all(
    folders.map(async ({ folder, matched }) => (await imagesIn(folder)).map((path) => ({ path, matched }))),
  );
  const pictures = lists.flat();
  if (pictures.length > 0) return pictures;
  const got = folders.length > 0 ? `${folders.length} folders without any` : 'no such folder';
  throw expected(pattern, 'folders with images, * being any name', got, 'check the path');
}
