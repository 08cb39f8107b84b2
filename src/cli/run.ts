/**
 * Runs the command line in this process: signals, a reader that closed the pipe, and every way to fail end
 * here with a message and an exit code, so that commands only throw.
 */
import type { Command } from 'commander';
import { listenForStop, stoppedCode } from './context.ts';
import { describeFailure } from './failure.ts';

/** The command that runs. */
let running: Command | undefined;

/** Says why on stderr and exits, after everything written so far has left the process. */
function fail(error: unknown): void {
  const { text, code } = describeFailure(error, stoppedCode(), running);
  process.stdout.write('', () => process.stderr.write(text, () => process.exit(code)));
}

/**
 * What a reader that goes away means. `rddm evaluate … | head` has seen the results that it wanted: the command ends, and
 * that is no error. Messages are not the work: it goes on without them, since a training run must not
 * end unsaved because the `tee` of its log did.
 */
function outliveReaders(): void {
  const whenGone = (stream: NodeJS.WriteStream, then: () => void): void => {
    stream.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? then() : fail(error)));
  };
  whenGone(process.stdout, () => process.exit(0));
  whenGone(process.stderr, () => {});
}

/** Parses `argv` (as in `process.argv`), runs the command it names, and leaves the exit code to the process. */
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
