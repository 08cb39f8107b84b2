/**
 * Batches ahead of time: worker threads decode, crop, degrade and draw noise for the next steps while the network works
 * on the current one. src/data/batch.ts determines a batch from seed and step alone; workers and prefetching change
 * when it is made, never its contents.
 */
import { Worker } from 'node:worker_threads';
import type { Batch } from '../../../data/batch.ts';
import { type Loader, type LoaderOptions, loaderPlan } from '../../../data/loader.ts';
import { expected, RddmError } from '../../../math/errors.ts';
import { workerUrl } from '../worker-url.ts';
import type { LoaderAnswer, LoaderJob, LoaderRequest } from './loader-worker.ts';

/** A step requested from a worker. */
interface Request {
  readonly promise: Promise<Batch>;
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
  /** Whether someone waits for it, rather than it being made ahead. */
  awaited: boolean;
}

class WorkerLoader implements Loader {
  readonly #workers: Worker[];
  readonly #prefetch: number;
  readonly #requests = new Map<number, Request>();
  #failure: Error | undefined;
  #closing = false;

  constructor(workers: number, prefetch: number, job: LoaderJob) {
    this.#prefetch = prefetch;
    const url = workerUrl('runs/loader-worker');
    this.#workers = Array.from({ length: workers }, () => {
      const worker = new Worker(url, { workerData: job });
      worker.unref();
      worker.on('message', (answer: LoaderAnswer) => this.#answered(answer));
      worker.on('error', (error) => this.#fail(error));
      worker.on('exit', (code) => this.#fail(new RddmError(`loader: a worker ended with code ${code}`)));
      return worker;
    });
  }

  async batch(step: number): Promise<Batch> {
    if (!Number.isSafeInteger(step) || step < 0) throw expected('loader', 'a step from 0', step);
    for (const [other, request] of this.#requests) {
      // After a jump, batches made ahead for the old position are useless.
      if (!request.awaited && (other < step || other > step + this.#prefetch)) this.#forget(other);
    }
    const request = this.#ask(step);
    request.awaited = true;
    for (let ahead = 1; ahead <= this.#prefetch; ahead++) this.#ask(step + ahead);
    for (const worker of this.#workers) worker.ref();
    try {
      return await request.promise;
    } finally {
      if (this.#requests.get(step) === request) this.#requests.delete(step);
      const stillAwaited = [...this.#requests.values()].some(({ awaited }) => awaited);
      if (!stillAwaited && !this.#closing) for (const worker of this.#workers) worker.unref();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#fail(new RddmError('loader: it was closed'));
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker.threadId === -1) return;
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        worker.ref();
        worker.postMessage({ kind: 'close' } satisfies LoaderRequest);
        await ended;
      }),
    );
  }

  /** Each step has a fixed worker, so no dispatcher is needed. */
  #tell(request: LoaderRequest & { step: number }): void {
    this.#workers[request.step % this.#workers.length].postMessage(request);
  }

  #ask(step: number): Request {
    const known = this.#requests.get(step);
    if (known) return known;
    let settle!: Pick<Request, 'resolve' | 'reject'>;
    const promise = new Promise<Batch>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // A batch made ahead may fail before anyone waits for it; the error is kept for the request.
    promise.catch(() => {});
    const request: Request = { promise, ...settle, awaited: false };
    if (this.#failure) request.reject(this.#failure);
    else {
      this.#requests.set(step, request);
      this.#tell({ kind: 'make', step });
    }
    return request;
  }

  #forget(step: number): void {
    this.#requests.delete(step);
    this.#tell({ kind: 'forget', step });
  }

  #answered(answer: LoaderAnswer): void {
    const request = this.#requests.get(answer.step);
    if ('batch' in answer) request?.resolve(answer.batch);
    else request?.reject(answer.refusal ? new RddmError(answer.message) : new Error(answer.message));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#requests.values()) reject(this.#failure);
    this.#requests.clear();
  }
}

/**
 * Starts making batches of a data set.
 *
 * @throws RddmError if an option is not a whole number in its range
 *
 * @example
 * ```ts
 * import { createLoader, openDataset, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * await writeImage(join(folder, 'a.png'), { width: 40, height: 30, channels: 1, data: new Uint8Array(1200).fill(90) });
 * const dataset = await openDataset({ kind: 'degraded', clean: folder, crop: 16, degradation: { kind: 'rain' } });
 * const loader = createLoader({ dataset, batch: 2, channels: 3, timesteps: 1000, seed: 1 });
 * const { clean, input } = await loader.batch(0);
 * await loader.close();
 * assert.deepEqual(clean.shape, [2, 3, 16, 16]);
 * assert.notDeepEqual(input, clean);
 * ```
 */
export function createLoader(options: LoaderOptions): Loader {
  const { plan, workers, prefetch, cacheBytes } = loaderPlan(options);
  return new WorkerLoader(workers, prefetch, { plan, cacheBytes: Math.floor(cacheBytes / workers) });
}
