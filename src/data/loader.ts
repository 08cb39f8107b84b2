/**
 * Batches of a data set for training. batch.ts determines a batch from seed and step alone; a loader decides when to
 * make it. The loader here makes it on request; a platform with threads makes it ahead of time.
 */
import { expected } from '../math/errors.ts';
import { type Batch, type BatchPlan, type BatchStage, batchMaker } from './batch.ts';
import type { Dataset } from './dataset.ts';
import type { ReadPicture } from './example.ts';
import { cached } from './image-cache.ts';
import type { Preprocessing } from './preprocess.ts';

/** How batches are made, and how far ahead. */
export interface LoaderOptions {
  readonly dataset: Dataset;
  /** Examples per batch. */
  readonly batch: number;
  readonly channels: 1 | 3;
  /** What is done to input pictures first; nothing by default. */
  readonly preprocess?: Preprocessing;
  /** T: times are drawn from 0 … T − 1. */
  readonly timesteps: number;
  /** The times to draw from, each in 0 … T − 1; by default all. */
  readonly times?: readonly number[] | undefined;
  readonly seed: number;
  /** Batches of other sizes than the first ones, each from a later step on; none by default. */
  readonly stages?: readonly BatchStage[] | undefined;
  /** Worker threads, 1 by default; for loaders that have any. */
  readonly workers?: number;
  /** Steps made ahead, 2 by default; for loaders with threads. */
  readonly prefetch?: number;
  /** Bytes of decoded pictures kept by all workers together, 512 MiB by default. */
  readonly cacheBytes?: number;
}

/** A source of batches; may hold threads until `close`. */
export interface Loader {
  /**
   * The batch of a step, from 0; afterwards the following ones are made ahead. The caller owns its buffers.
   *
   * @throws RddmError if a picture cannot be read, or the loader is closed
   */
  batch(step: number): Promise<Batch>;
  /** Ends after the batches that are being made; waiting requests are rejected. */
  close(): Promise<void>;
}

/** The default options of loaders. */
const defaults = { workers: 1, prefetch: 2, cacheBytes: 512 * 2 ** 20 };

/** Refuses stages that are no sizes, or do not follow each other. */
function checkStages(stages: readonly BatchStage[] = []): void {
  const isOne = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  stages.forEach(({ from, size, batch }, index) => {
    const follows = Number.isSafeInteger(from) && from > (stages[index - 1]?.from ?? -1);
    if (follows && isOne(size) && isOne(batch)) return;
    const what = 'stages in order of from, with size and batch as whole numbers from 1';
    throw expected('createLoader', what, JSON.stringify(stages));
  });
}

/**
 * A loader's complete options.
 *
 * @throws RddmError if an option is not a whole number in its range
 */
export function loaderPlan(options: LoaderOptions): { plan: BatchPlan } & typeof defaults {
  const { dataset, batch, channels, timesteps, times, seed, stages, preprocess = 'none' } = options;
  const { workers = defaults.workers, prefetch = defaults.prefetch, cacheBytes = defaults.cacheBytes } = options;
  const least = { batch: 1, timesteps: 1, workers: 1, prefetch: 0, cacheBytes: 0 };
  const given = { batch, timesteps, workers, prefetch, cacheBytes };
  for (const [name, minimum] of Object.entries(least)) {
    const value = given[name as keyof typeof given];
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw expected('createLoader', `${name} to be a whole number from ${minimum}`, value);
    }
  }
  const isTime = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < timesteps;
  if (times && !(times.length > 0 && times.every(isTime))) {
    throw expected('createLoader', `times, whole numbers from 0 to ${timesteps - 1}`, JSON.stringify(times));
  }
  const { config, items, source } = dataset;
  const augment = { size: config.crop, scale: config.scale, flips: config.flips, candidates: config.candidates };
  checkStages(stages);
  const plan = { items, source, preprocess, augment, batch, channels, timesteps, times, seed, stages };
  return { plan, workers, prefetch, cacheBytes };
}

/**
 * A loader that makes each batch on request, in the calling thread.
 *
 * @param read returns a picture with the given number of channels
 * @throws RddmError if an option is not a whole number in its range
 */
export function loaderOf(options: LoaderOptions, read: ReadPicture): Loader {
  const { plan, cacheBytes } = loaderPlan(options);
  return { batch: batchMaker(plan, cached(read, cacheBytes)), close: async () => {} };
}
