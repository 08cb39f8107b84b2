/** A training run in a directory, driven by src/operations/train; its pictures are files, loaded by worker threads. */
import { join, resolve } from 'node:path';
import { mapPaths } from '../../../data/dataset-config.ts';
import { trainModel } from '../../../operations/train/train-model.ts';
import type { RunEvent, TrainingRun } from '../../../operations/train/training-run.ts';
import { nodeHost } from '../host.ts';
import { picturesOnDisk } from './pictures-on-disk.ts';
import { runFolder } from './run-folder.ts';

/**
 * A run to start or to continue; `resume` continues from the directory's checkpoint, or from the start if it has none.
 */
export interface TrainingRunOptions extends Pick<TrainingRun, 'config' | 'runtime' | 'mode' | 'init' | 'signal'> {
  readonly directory: string;
}

/** The events of a run, with grids and models by their paths. */
export type TrainingRunEvent =
  | Exclude<RunEvent, { kind: 'samples' }>
  | { readonly kind: 'samples'; readonly step: number; readonly path: string };

function withPaths(event: RunEvent, directory: string): TrainingRunEvent {
  if (event.kind === 'samples') return { kind: 'samples', step: event.step, path: join(directory, event.name) };
  if (event.kind === 'saved') {
    const { model, best } = event;
    const whole = (folder: string): string => join(directory, folder);
    return { ...event, model: model && whole(model), best: best && { ...best, model: whole(best.model) } };
  }
  return event;
}

/**
 * Trains in a directory.
 *
 * @throws RddmError if the directory already has a run (mode `new`), another process works in it, the data cannot be
 *   opened, a loss is not finite, or the disk is full; what was saved before stays
 *
 * @example
 * ```ts
 * import { trainConfig } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import { runTraining, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * await writeImage(join(folder, 'a.png'), { width: 16, height: 16, channels: 3, data: new Uint8Array(768).fill(90) });
 * const config = trainConfig({
 *   model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
 *   data: { kind: 'degraded', clean: folder, crop: 8, degradation: { kind: 'rain' } },
 *   steps: 1, accumulation: 1, sampleEvery: 0,
 * });
 * const kinds = [];
 * const run = { config, directory: join(folder, 'run'), runtime: createReferenceRuntime(), mode: 'new' as const };
 * for await (const event of runTraining(run)) kinds.push(event.kind);
 * assert.deepEqual(kinds, ['opened', 'step', 'saved']);
 * ```
 */
export async function* runTraining({ directory, ...run }: TrainingRunOptions): AsyncGenerator<TrainingRunEvent, void> {
  // Full paths, so that the run can be resumed from anywhere.
  const whole = (path: string): string => resolve(path);
  const { validation } = run.config;
  const data = mapPaths(run.config.data, whole);
  const config = { ...run.config, data, ...(validation && { validation: mapPaths(validation, whole) }) };
  const place = runFolder(directory);
  for await (const event of trainModel({ ...run, config, place, pictures: picturesOnDisk, host: nodeHost })) {
    yield withPaths(event, directory);
  }
}
