/**
 * The pictures of a folder by name, where a data set may also stand for a folder: for a known layout, those of its test
 * split in the given role, under the names that pair them.
 */
import { join } from 'node:path';
import type { Role } from '../../../data/layouts.ts';
import { findLayout } from './find-layout.ts';
import { picturesByName } from './pictures-by-name.ts';

/**
 * Finds the pictures.
 *
 * @param folder a folder of pictures, or the folder of a data set of src/data/layouts.ts
 * @throws RddmError like `picturesByName`
 */
export async function splitPictures(folder: string, role: Role): Promise<Map<string, string>> {
  const found = await findLayout(folder, 'test');
  const part = found?.layout.test?.[role];
  if (found === undefined || part === undefined) return picturesByName(folder);
  return picturesByName(join(folder, part), found.layout.endings?.[role]);
}
