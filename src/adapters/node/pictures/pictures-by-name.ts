/**
 * The pictures of a folder by the name that pairs them with others: the file's without extension; behind what `*` in
 * the folder's path stands for, and without the ending that marks a role (7_rain, 7_clean), where there are such.
 */
import { basename, parse } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { findPictures } from './picture-folders.ts';

/**
 * Finds the pictures of a folder, in the order of their paths.
 *
 * @param folder may hold `*` for any folder: pictures of `train/*` are called FOLDER-NAME
 * @param ending what names end with that is no part of the pair's name
 * @throws RddmError when the folder is missing or has no pictures, a name lacks the ending, or two differ in the
 *   extension alone
 */
export async function picturesByName(folder: string, ending = ''): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { path, matched } of await findPictures(folder)) {
    const { name: stem, base } = parse(path);
    if (!stem.endsWith(ending)) throw expected(folder, `names that end with ${ending}`, base, 'move others away');
    const name = [...matched, stem.slice(0, stem.length - ending.length)].join('-');
    const taken = files.get(name);
    if (taken !== undefined) {
      const both = `${basename(taken)} and ${base}`;
      throw expected(folder, 'one picture of each name, whatever the extension', both, 'rename one or move it away');
    }
    files.set(name, path);
  }
  return files;
}
