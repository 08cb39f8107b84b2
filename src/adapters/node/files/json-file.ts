/**
 * Reads JSON that a person may have written. What it has to hold is for its schema to say.
 */
import { decodeJson } from '../../../math/json.ts';
import { readBytes } from './files.ts';

/**
 * Reads a file of JSON.
 *
 * @param where who wants it, for the message about a file that cannot be read
 * @throws RddmError when there is no such file, it may not be read, or it is no JSON in UTF-8
 */
export const readJson = async (path: string, where: string): Promise<unknown> =>
  decodeJson(await readBytes(path, where), path);
