/**
 * Runs the command line in this process: signals, closed pipes and every failure end here with a message and an exit
 * code, so that commands only throw.
 */
import type { Command } from 'commander';
import { listenForStop, stoppedCode } from './context.ts';
import { describeFailure } from './failure.ts';

/** The running command. */
let running: Command | undefined;

/** Prints the reason on stderr and exits, after all earlier output has been written. */
function fail(error: unknown): void {
  const { text, code } = describeFailure(error, stoppedCode(), running);
  process.stdout.write('', () => process.stderr.write(text, () => process.exit(code)));
}

/**
 * Handles a closed pipe. `rddm evaluate … | head` has seen the results it wanted, so the command ends without an error.
 * Messages are not the work: it continues without them, since a training run must not end unsaved because the `tee` of
 * its log did.
 */
function outliveReaders(): void {
  const whenGone = (stream: NodeJS.WriteStream, then: () => void): void => {
    stream.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? then() : fail(error)));
  };
  whenGone(process.stdout, () => process.exit(0));
  whenGone(process.stderr, () => {});
}

/** Parses `argv` (as in `process.argv`), runs its command, and sets the process's exit code. */
export async function run(program: Command, argv: readonly string[]): Promise<void> {
  listenForStop();
  outliveReaders();
  process.on('uncaughtException', fail);
  program.hook('preAction', (_, command) => {
    running = command;
  });
  try {
    await program.parseAsync(argv);
    const stopped = stoppedCode();
    if (stopped !== undefined) process.exitCode = stopped;
  } catch (error) {
    fail(error);
  }
}
