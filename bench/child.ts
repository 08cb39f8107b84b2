/**
 * The harness's side of the protocol: starts a child, gives it orders one at a time, and reports why it stopped
 * answering.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RddmError } from '../src/math/errors.ts';
import { type Answer, type Order, parseAnswer } from './protocol.ts';

/** How a child is started. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Replaces the harness's own environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a child in TypeScript. */
export const tsxCommand = (script: URL): ChildCommand => ({
  command: process.execPath,
  args: ['--import', import.meta.resolve('tsx'), fileURLToPath(script)],
});

/** The limits of a child. */
export interface ChildLimits {
  /** The longest time for one order. */
  readonly seconds?: number;
  /** Ends it immediately. */
  readonly signal?: AbortSignal | undefined;
}

/** A running child. */
export interface Child {
  /** @throws RddmError if it answers with an error, ends, or takes longer than the limit */
  ask(order: Order): Promise<Answer>;
  /** Asks it to end, and kills it if it does not. */
  end(): Promise<void>;
}

/** The longest time for one order; a training step of the largest case takes some ten seconds on two cores. */
const LIMIT_S = 600;
/** The longest time for a child to end on request. */
const FAREWELL_S = 5;
/** The end of a child's standard error is enough to say why it died. */
const WORDS = 2000;

/**
 * Starts a child.
 *
 * @param name for messages
 */
export function startChild(
  name: string,
  { command, args, env = process.env }: ChildCommand,
  { seconds: limitS = LIMIT_S, signal }: ChildLimits = {},
): Child {
  const started = spawn(command, args, { env, signal, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  let failure: string | undefined;
  let waiting: ((answer: Answer) => void) | undefined;
  const settle = (answer: Answer): void => {
    const settled = waiting;
    waiting = undefined;
    settled?.(answer);
  };
  const fail = (why: string): void => {
    failure ??= words.trim() === '' ? why : `${why}:\n${words.trim()}`;
    settle({ error: failure });
  };
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-WORDS);
  });
  started.stdin.on('error', () => {}); // 'close' reports its end.
  started.on('error', (error) => fail(signal?.aborted ? 'it was stopped' : `it cannot be started: ${error.message}`));
  // 'close', not 'exit': only then has all its output arrived.
  started.on('close', (code, signal) => fail(`it ended with ${signal ?? `code ${code}`}`));
  createInterface({ input: started.stdout }).on('line', (line) => settle(parseAnswer(line)));

  return {
    async ask(order) {
      const answer = await new Promise<Answer>((resolve) => {
        if (failure) return resolve({ error: failure });
        const alarm = setTimeout(() => {
          started.kill('SIGKILL');
          fail(`it took longer than ${limitS} s to ${order.do}`);
        }, limitS * 1000);
        waiting = (given) => {
          clearTimeout(alarm);
          resolve(given);
        };
        started.stdin.write(`${JSON.stringify(order)}\n`);
      });
      if (answer.error !== undefined) throw new RddmError(`${name}: ${answer.error}`);
      return answer;
    },
    async end() {
      if (started.exitCode !== null || started.signalCode !== null) return;
      const ended = new Promise((resolve) => started.once('close', resolve));
      const alarm = setTimeout(() => started.kill('SIGKILL'), FAREWELL_S * 1000);
      started.stdin.write(`${JSON.stringify({ do: 'end' } satisfies Order)}\n`);
      await ended;
      clearTimeout(alarm);
    },
  };
}
