/** JSON in bytes that a person may have written. What it has to hold is for its schema to say. */
import { RddmError } from './errors.ts';
import { shortened } from './show.ts';

/**
 * Parses JSON in UTF-8.
 *
 * @param name of the file, for the message
 * @throws RddmError when the bytes are none
 */
export function decodeJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const { message } = error as Error;
    throw new RddmError(`${name}: expected JSON, got invalid JSON (${shortened(message)})`);
  }
}
