/**
 * The loader's worker thread: makes the batches of the requested steps, one after the other, and hands them over
 * without copying. Only loader.ts starts it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Batch, type BatchPlan, batchMaker } from '../../../data/batch.ts';
import { cached } from '../../../data/image-cache.ts';
import { RddmError } from '../../../math/errors.ts';
import { readImage } from '../pictures/images.ts';

/** A worker's start data. */
export interface LoaderJob {
  readonly plan: BatchPlan;
  readonly cacheBytes: number;
}

/** A request to make the batch of a step, to forget a step that has not begun, or to end. */
export type LoaderRequest = { kind: 'make' | 'forget'; step: number } | { kind: 'close' };

/** A batch, or the reason why there is none: with `refusal` a sentence for people, otherwise a stack trace. */
export type LoaderAnswer = { step: number; batch: Batch } | { step: number; message: string; refusal: boolean };

const port = parentPort!;
const { plan, cacheBytes } = workerData as LoaderJob;
const make = batchMaker(
  plan,
  cached((path, channels) => readImage(path, { channels }), cacheBytes),
);
const waiting = new Set<number>();
let working = false;

async function answer(step: number): Promise<void> {
  try {
    const batch = await make(step);
    const tensors = [batch.clean, batch.noise, batch.input, batch.mask].filter((tensor) => tensor !== undefined);
    const transfer = [batch.time.buffer, ...tensors.map(({ data }) => data.buffer)];
    port.postMessage({ step, batch } satisfies LoaderAnswer, transfer);
  } catch (error) {
    const { message, stack } = error as Error;
    const refusal = error instanceof RddmError;
    port.postMessage({ step, message: refusal ? message : (stack ?? message), refusal } satisfies LoaderAnswer);
  }
}

/** Processes waiting steps; a Set keeps the order of requests. */
async function work(): Promise<void> {
  if (working) return;
  working = true;
  for (const step of waiting) {
    waiting.delete(step);
    await answer(step);
    // Lets requests to forget or to end arrive between two batches of cached pictures.
    await new Promise(setImmediate);
  }
  working = false;
}

port.on('message', (request: LoaderRequest) => {
  if (request.kind === 'close') {
    waiting.clear();
    port.close();
  } else if (request.kind === 'forget') {
    waiting.delete(request.step);
  } else {
    waiting.add(request.step);
    void work();
  }
});
