/** The machine that measures, as far as it explains the figures, and whether it has anything else to do. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { findChromium } from './browser/installed.ts';

/** What stands beside the figures. */
export interface Machine {
  readonly processor: string;
  readonly threads: number;
  readonly memory_gb: number;
  readonly system: string;
  readonly node: string;
  /** Of onnxruntime-node and of onnxruntime-web. */
  readonly onnxruntime: string;
  /** Where there is one. */
  readonly chromium?: string;
  /** Processes that wanted to run, as a mean of the last minute before the first case: 0 on a quiet machine. */
  readonly load_before: number;
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

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
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
    onnxruntime: version,
    ...(chromium && { chromium }),
    load_before: loadavg()[0],
  };
}

/** Half a core that others use is enough to spoil a comparison. */
export const isBusy = ({ load_before: load }: Machine): boolean => load > 0.5;
