/**
 * The pictures of a folder by the name that pairs them with others: the file's, without extension.
 */
import { parse } from 'node:path';
import { expected } from '../../math/errors.ts';
import { listImages } from './images.ts';

/**
 * Finds the pictures of a folder, in the order of their names.
 *
 * @throws RddmError when the folder is missing or has no pictures, or two differ in the extension alone
 */
export async function picturesByName(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const path of await listImages(folder)) {
    const { name, base } = parse(path);
    const taken = files.get(name);
    if (taken !== undefined) {
      const both = `${parse(taken).base} and ${base}`;
      throw expected(folder, 'one picture of each name, whatever the extension', both, 'rename one or move it away');
    }
    files.set(name, path);
  }
  return files;
}
