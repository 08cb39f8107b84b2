/** The measuring machine, and what else a benchmark needs to know: its browser, and whether it is busy. */
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { describeMachine as describe, type Machine as PlainMachine } from '../src/adapters/node/machine.ts';
import { findChromium } from './browser/installed.ts';

/** What is recorded with the figures; onnxruntime-web has the version of onnxruntime-node. */
export interface Machine extends PlainMachine {
  /** If there is one. */
  readonly chromium?: string;
  /** The mean number of runnable processes in the minute before the first case: 0 on an idle machine. */
  readonly load_before: number;
}

function chromiumVersion(): string | undefined {
  const path = findChromium();
  if (!path) return undefined;
  try {
    const said = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+(\.\d+)+/.exec(said)?.[0];
  } catch {
    return undefined; // Opening a page reports why there is none.
  }
}

export function describeMachine(): Machine {
  const chromium = chromiumVersion();
  return { ...describe(), ...(chromium && { chromium }), load_before: loadavg()[0] };
}

/** Other work on half a core is enough to spoil a comparison. */
export const isBusy = ({ load_before: load }: Machine): boolean => load > 0.5;
