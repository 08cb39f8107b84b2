/**
 * Reads JSON that a person may have written. What it has to hold is for its schema to say.
 */
import { RddmError } from '../../../math/errors.ts';
import { readBytes } from './files.ts';

/**
 * Reads a file of JSON.
 *
 * @param where who wants it, for the message about a file that cannot be read
 * @throws RddmError when there is no such file, it may not be read, or it is no JSON in UTF-8
 */
export async function readJson(path: string, where: string): Promise<unknown> {
  const bytes = await readBytes(path, where);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const { message } = error as Error;
    throw new RddmError(`${path}: expected a configuration in JSON, got text that is none (${message})`);
  }
}
