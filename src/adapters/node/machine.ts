/** The machine that figures were made on, as far as it explains them. */
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** What stands beside the figures. */
export interface Machine {
  readonly processor: string;
  readonly threads: number;
  readonly memory_gb: number;
  readonly system: string;
  readonly node: string;
  /** The version of onnxruntime-node. */
  readonly onnxruntime: string;
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };

/**
 * The threads of one operator: what the process may use where that is less than the machine has (taskset, a container's
 * share), else 0, with which ONNX Runtime counts the cores. It does not see such limits by itself, and threads that wait
 * for a core in turns are slower than fewer.
 */
export function operatorThreads(): number {
  const allowed = availableParallelism();
  return allowed < cpus().length ? allowed : 0;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.version,
    onnxruntime: version,
  };
}
