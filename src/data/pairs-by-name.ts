/**
 * The pictures of a folder by the name that pairs them with others: the file's name without extension, after what `*`
 * in the folder's path matched, and without the ending that marks a role (7_rain, 7_clean), if any.
 */
import { expected } from '../math/errors.ts';
import type { FoundPicture, PictureFiles } from './picture-files.ts';

/**
 * Names the pictures of a folder, in the order of their paths.
 *
 * @param folder for messages; may contain `*` for any folder: pictures of `train/*` are named FOLDER-NAME
 * @param ending the ending of names that is not part of the pair's name
 * @throws RddmError if a name lacks the ending, or two differ only in the extension
 */
export function pairsByName(
  found: readonly FoundPicture[],
  folder: string,
  ending: string,
  nameOf: PictureFiles['nameOf'],
): Map<string, string> {
  const files = new Map<string, string>();
  for (const { path, matched } of found) {
    const base = nameOf(path);
    const stem = base.replace(/(?<=.)\.[^.]*$/, '');
    if (!stem.endsWith(ending)) throw expected(folder, `names that end with ${ending}`, base, 'move others away');
    const name = [...matched, stem.slice(0, stem.length - ending.length)].join('-');
    const taken = files.get(name);
    if (taken !== undefined) {
      const both = `${nameOf(taken)} and ${base}`;
      throw expected(folder, 'one picture of each name, whatever the extension', both, 'rename one or move it away');
    }
    files.set(name, path);
  }
  return files;
}
