/** The pictures of a folder on disk by the name that pairs them with others. */
import { basename } from 'node:path';
import { pairsByName } from '../../../data/pairs-by-name.ts';
import { findPictures } from './picture-folders.ts';

/**
 * Finds the pictures of a folder, in the order of their paths.
 *
 * @param folder may hold `*` for any folder: pictures of `train/*` are called FOLDER-NAME
 * @param ending what names end with that is no part of the pair's name
 * @throws RddmError when the folder is missing or has no pictures, a name lacks the ending, or two differ in the
 *   extension alone
 */
export const picturesByName = async (folder: string, ending = ''): Promise<Map<string, string>> =>
  pairsByName(await findPictures(folder), folder, ending, (path) => basename(path));
