/** The pictures of a folder on disk by the name that pairs them with others. */
import { basename } from 'node:path';
import { pairsByName } from '../../../data/pairs-by-name.ts';
import { findPictures } from './picture-folders.ts';

/**
 * Finds the pictures of a folder, in the order of their paths.
 *
 * @param folder may contain `*` for any folder: pictures of `train/*` are named FOLDER-NAME
 * @param ending the ending of names that is not part of the pair's name
 * @throws RddmError if the folder is missing or has no pictures, a name lacks the ending, or two differ only in the
 *   extension
 */
export const picturesByName = async (folder: string, ending = ''): Promise<Map<string, string>> =>
  pairsByName(await findPictures(folder), folder, ending, (path) => basename(path));
