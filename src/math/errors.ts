/**
 * The one way this project reports a mistake of its caller: a sentence that says who refused,
 * what was expected, what came, and (where it helps) what to do.
 */

/** An error whose message is meant for a person; the command line prints it without a stack. */
export class RddmError extends Error {
  override readonly name = 'RddmError';
}

/**
 * Builds the error `where: expected what, got got; remedy`. Throw the result.
 *
 * @param where the function, command or file that refuses
 * @param what what would have been accepted
 * @param got what came; strings are printed as they are, everything else as JSON
 * @param remedy what the reader can do about it
 *
 * @example
 * ```ts
 * import { expected } from 'rddm';
 * import assert from 'node:assert/strict';
 * const error = expected('psnr', 'two images of one size', '4x4 and 4x5', 'resize one of them');
 * assert.equal(error.message, 'psnr: expected two images of one size, got 4x4 and 4x5; resize one of them');
 * ```
 */
export function expected(where: string, what: string, got: unknown, remedy?: string): RddmError {
  const shown = typeof got === 'string' ? got : (JSON.stringify(got) ?? String(got));
  return new RddmError(`${where}: expected ${what}, got ${shown}${remedy ? `; ${remedy}` : ''}`);
}

/**
 * What a call refuses, without the name of who refused: for whoever refuses the same in another name.
 *
 * @returns the sentence from `expected …` on; undefined where the call refuses nothing
 * @throws what the call throws beside an RddmError
 */
export function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (!(error instanceof RddmError)) throw error;
    return error.message.slice(error.message.indexOf(': ') + 2);
  }
}
