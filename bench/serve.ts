/**
 * The child's side of the protocol, for children in TypeScript: a child only says how it loads a task.
 */
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { encodeSafetensors } from '../src/checkpoint/safetensors.ts';
import { expected } from '../src/math/errors.ts';
import type { TensorMap } from '../src/math/tensor.ts';
import { peakRssMb } from './memory.ts';
import type { Answer, Order } from './protocol.ts';
import type { Task } from './task.ts';

/** A loaded task. */
export interface Work {
  /** Does one run and returns its seconds. */
  run(): Promise<number>;
  /** The outputs to compare with others; see protocol.ts. */
  check?(): Promise<TensorMap>;
  /** The peak memory, if the work is done in other processes; by default this process's. */
  peakRssMb?(): number | Promise<number>;
}

/** Runs something and returns its seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** Answers orders until it is asked to end. */
export async function serve(load: (task: Task, threads: number) => Promise<Work>): Promise<never> {
  let loaded: Work | undefined;
  const work = (): Work => {
    if (!loaded) throw expected('bench child', 'a task to be loaded first', 'none');
    return loaded;
  };
  const answer = async (order: Order): Promise<Answer> => {
    switch (order.do) {
      case 'load':
        loaded = await load(order.task, order.threads);
        return {};
      case 'check':
        await writeFile(order.file, encodeSafetensors((await work().check?.()) ?? {}));
        return {};
      case 'run':
        return { seconds: await work().run() };
      case 'memory':
        return { peak_rss_mb: (await work().peakRssMb?.()) ?? peakRssMb() };
      case 'end':
        return process.exit(0);
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(JSON.parse(line) as Order).catch((error: Error): Answer => ({ error: error.message }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  process.exit(0);
}
