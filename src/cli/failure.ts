/**
 * What a person sees when a command fails, and the exit code that a script sees:
 * 1 something asked for cannot be done (one sentence says why), 2 wrong usage, 70 a bug in rddm
 * itself (stack trace), 128 + signal when stopped.
 */
import { type Command, CommanderError } from 'commander';
import { RddmError } from '../math/errors.ts';
import { printable } from '../math/show.ts';

/** Text for stderr, and the exit code. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** Whether the operating system refused (no such file, disk full); Node's message already names call and path. */
const isSystemError = (error: Error): boolean => 'syscall' in error && 'code' in error;

/** The option that sets the field which an error names, as `--mask`; undefined where the command has none. */
function optionOf({ field }: RddmError, command: Command): string | undefined {
  return command.options.find((option) => option.attributeName() === field)?.long ?? undefined;
}

/**
 * The sentence of an error, with the option that it is about: the library knows fields, a person types options.
 *
 * @param command the one that ran
 */
function sentenceOf(error: Error, command: Command | undefined): string {
  const message = printable(error.message);
  const option = error instanceof RddmError && command ? optionOf(error, command) : undefined;
  return option === undefined || message.includes(option) ? message : `${message} (${option})`;
}

/**
 * What to print and how to exit after a command threw.
 *
 * @param stopped the exit code of a stop that was asked for
 * @param command the one that ran, where one did
 */
export function describeFailure(error: unknown, stopped: number | undefined, command?: Command): Failure {
  // Commander has printed its help or its complaint already; its own code for a wrong usage is 1.
  if (error instanceof CommanderError) return { text: '', code: error.exitCode === 0 ? 0 : 2 };
  if (stopped !== undefined && error instanceof Error && error.name === 'AbortError') {
    return { text: 'rddm: stopped\n', code: stopped };
  }
  if (error instanceof RddmError || (error instanceof Error && isSystemError(error))) {
    return { text: `rddm: ${sentenceOf(error, command)}\n`, code: 1 };
  }
  const stack = error instanceof Error ? (error.stack ?? String(error)) : `thrown: ${String(error)}`;
  return {
    text: `${stack}\nrddm: this is a bug in rddm; please report it with the lines above\n`,
    code: 70,
  };
}
