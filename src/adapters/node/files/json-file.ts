/**
 * Reads JSON that people may have written; a schema checks the contents.
 */
import { decodeJson } from '../../../math/json.ts';
import { readBytes } from './files.ts';

/**
 * Reads a JSON file.
 *
 * @param where the caller, for the message about a file that cannot be read
 * @throws RddmError if there is no such file, it may not be read, or it is not JSON in UTF-8
 */
export const readJson = async (path: string, where: string): Promise<unknown> =>
  decodeJson(await readBytes(path, where), path);
