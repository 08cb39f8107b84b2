/**
 * The stop signal, which all commands share. The first Ctrl-C (or SIGTERM) asks the running command to end at the next
 * safe point; the second one ends the process at once, as the shell expects. Commands pass `abortSignal()` on and never
 * listen to signals themselves.
 */
import { constants } from 'node:os';

const controller = new AbortController();
let stoppedBy: 'SIGINT' | 'SIGTERM' | undefined;

/** Aborts when the user asks to stop. */
export const abortSignal = (): AbortSignal => controller.signal;

/** The exit code of a stopped process (130 for Ctrl-C, 143 for SIGTERM), or undefined. */
export const stoppedCode = (): number | undefined => (stoppedBy ? 128 + constants.signals[stoppedBy] : undefined);

/** Starts listening for Ctrl-C and SIGTERM; called once, by the entry point. */
export function listenForStop(): void {
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    // Without listeners the system's default applies again: the next signal ends the process.
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    stoppedBy = signal;
    process.stderr.write('\nrddm: stopping at the next safe point; press Ctrl-C again to stop at once\n');
    controller.abort(new DOMException(`stopped by ${signal}`, 'AbortError'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
