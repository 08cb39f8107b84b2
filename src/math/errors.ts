/**
 * How this project reports a caller's mistake: one sentence that says where it happened, what was expected, what came
 * instead, and (where it helps) what to do.
 */
import { printable, shortened, shown } from './show.ts';

/** The longest part of a sentence besides the value: our text, with names chosen by others. */
const PART = 400;

/**
 * An error whose message is written for people; the command line prints it without a stack trace. Control characters in
 * the message become escapes.
 */
export class RddmError extends Error {
  override readonly name = 'RddmError';
  /** The wrong option or field, if there is one, for example `mask`; the command line adds its own name for it. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(printable(message));
    this.field = field;
  }
}

/** The remedy for a mistake, and the option or field that is wrong. */
export interface Advice {
  readonly remedy?: string | undefined;
  readonly field?: string;
}

/**
 * Builds the error `where: expected what, got got; remedy`. Throw the result.
 *
 * @param where the function, command or file that reports the mistake
 * @param what what would have been accepted
 * @param got what came instead; strings are printed as they are, everything else as JSON, both up to a line of 120 characters
 * @param advice the remedy, and the wrong option or field by its name in the call
 *
 * @example
 * ```ts
 * import { expected } from 'rddm';
 * import assert from 'node:assert/strict';
 * const error = expected('psnr', 'two images of one size', '4x4 and 4x5', 'resize one of them');
 * assert.equal(error.message, 'psnr: expected two images of one size, got 4x4 and 4x5; resize one of them');
 * assert.equal(expected('sample', 'a number from 0', -1, { field: 'eta' }).field, 'eta');
 * ```
 */
export function expected(where: string, what: string, got: unknown, advice: string | Advice = {}): RddmError {
  const { remedy, field }: Advice = typeof advice === 'string' ? { remedy: advice } : advice;
  const value = typeof got === 'string' ? shortened(got) : shown(got);
  const end = remedy ? `; ${shortened(remedy, PART)}` : '';
  return new RddmError(`${shortened(where)}: expected ${shortened(what, PART)}, got ${value}${end}`, field);
}

/**
 * The sentence with which a call fails, without its `where`: for a caller that reports the same mistake under its own
 * name.
 *
 * @returns the sentence from `expected …` on; undefined if the call succeeds
 * @throws any error of the call that is not an RddmError
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
