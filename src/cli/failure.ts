/**
 * The message of a failed command, and its exit code: 1 if the request cannot be done (one sentence says why), 2 for
 * wrong usage, 70 for a bug in rddm (stack trace), 128 + signal if stopped.
 */
import { type Command, CommanderError } from 'commander';
import { RddmError } from '../math/errors.ts';
import { printable } from '../math/show.ts';

/** The text for stderr, and the exit code. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** Whether the error comes from the operating system (no such file, disk full); Node's message names call and path. */
const isSystemError = (error: Error): boolean => 'syscall' in error && 'code' in error;

/** The option of the field in an error, for example `--mask`; undefined if the command has none. */
function optionOf({ field }: RddmError, command: Command): string | undefined {
  return command.options.find((option) => option.attributeName() === field)?.long ?? undefined;
}

/**
 * The sentence of an error, with the option it is about: the library knows fields, users know options.
 *
 * @param command the command that ran
 */
function sentenceOf(error: Error, command: Command | undefined): string {
  const message = printable(error.message);
  const option = error instanceof RddmError && command ? optionOf(error, command) : undefined;
  return option === undefined || message.includes(option) ? message : `${message} (${option})`;
}

/**
 * What to print and how to exit after a command threw.
 *
 * @param stopped the exit code of a requested stop
 * @param command the command that ran, if any
 */
export function describeFailure(error: unknown, stopped: number | undefined, command?: Command): Failure {
  // Commander has already printed its help or error; its own code for wrong usage is 1.
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
