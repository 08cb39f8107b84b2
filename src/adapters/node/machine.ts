/** The machine on which figures were measured. */
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** The data that is recorded with figures. */
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
 * The threads of one operator: the process's limit if it is below the machine's cores (taskset, a container's share),
 * else 0, which lets ONNX Runtime count the cores. It does not see such limits itself, and threads that take turns on a
 * core are slower than fewer threads.
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
