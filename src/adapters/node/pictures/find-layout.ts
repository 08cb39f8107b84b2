/**
 * Recognises the data sets of src/data/layouts.ts in a folder, and says in one sentence what is missing if one is
 * incomplete.
 */
import { join } from 'node:path';
import { type FoundLayout, type Layout, type LayoutFolders, layouts, type Split } from '../../../data/layouts.ts';
import { expected } from '../../../math/errors.ts';
import { isFolder } from '../files/path-kind.ts';
import { hasFolder } from './picture-folders.ts';

const foldersOf = (folders: LayoutFolders): string[] => Object.values(folders);

/** Which of some folders exist. */
async function presence(root: string, folders: readonly string[]): Promise<{ there: string[]; missing: string[] }> {
  const found = await Promise.all(folders.map((folder) => hasFolder(join(root, folder))));
  return { there: folders.filter((_, at) => found[at]), missing: folders.filter((_, at) => !found[at]) };
}

/** `a, b and c`. */
const listed = (words: readonly string[]): string =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words[0];

/**
 * Finds out which data set a folder holds, by the folders of one of its parts.
 *
 * @param among the acceptable layouts
 * @returns undefined if it has the folders of none
 */
export async function findLayout(
  root: string,
  split: Split,
  among: readonly Layout[] = layouts,
): Promise<FoundLayout | undefined> {
  for (const layout of among) {
    const folders = layout[split];
    if (folders && (await presence(root, foldersOf(folders))).missing.length === 0) return { layout, root };
  }
  return undefined;
}

/** The titles of some layouts, without repetition. */
const titlesOf = (some: readonly Layout[]): string => listed([...new Set(some.map(({ title }) => title))]);

/**
 * Like `findLayout`, but requires a data set.
 *
 * @throws RddmError if the folder is missing, or holds no known data set; the error then says what the most complete
 *   one lacks
 */
export async function requireLayout(
  root: string,
  split: Split,
  where: string,
  among: readonly Layout[] = layouts,
): Promise<FoundLayout> {
  const found = await findLayout(root, split, among);
  if (found) return found;
  const known = `the folders of a known data set (${titlesOf(among)})`;
  if (!(await isFolder(root))) {
    throw expected(where, known, `no folder at ${root}`, 'check the path');
  }
  const other = await findLayout(root, split);
  if (other) throw expected(where, known, `${root}, which is ${other.layout.title}`);
  for (const layout of among) {
    const folders = layout[split];
    if (!folders) continue;
    const { there, missing } = await presence(root, foldersOf(folders));
    if (there.length > 0 && missing.length > 0) {
      const got = `${listed(there)} without ${listed(missing)} in ${root}`;
      throw expected(
        where,
        `${layout.title} with ${listed(foldersOf(folders))}`,
        got,
        'unpack it again, or name pairs',
      );
    }
  }
  const remedy = 'name its folders of inputs and targets instead';
  throw expected(where, known, `${root}, which has none of them`, { remedy, field: 'data' });
}
