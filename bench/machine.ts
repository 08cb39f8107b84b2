/** The machine that measures, with what a bench needs to know beyond it: a browser, and whether it has anything else to do. */
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { describeMachine as describe, type Machine as PlainMachine } from '../src/adapters/node/machine.ts';
import { findChromium } from './browser/installed.ts';

/** What stands beside the figures; onnxruntime-web has the version of onnxruntime-node. */
export interface Machine extends PlainMachine {
  /** Where there is one. */
  readonly chromium?: string;
  /** Processes that wanted to run, as a mean of the last minute before the first case: 0 on a quiet machine. */
  readonly load_before: number;
}

function chromiumVersion(): string | undefined {
  const path = findChromium();
  if (!path) return undefined;
  try {
    const said = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+(\.\d+)+/.exec(said)?.[0];
  } catch {
    return undefined; // Whoever opens a page is told why it cannot be.
  }
}

export function describeMachine(): Machine {
  const chromium = chromiumVersion();
  return { ...describe(), ...(chromium && { chromium }), load_before: loadavg()[0] };
}

/** Half a core that others use is enough to spoil a comparison. */
export const isBusy = ({ load_before: load }: Machine): boolean => load > 0.5;
