/**
 * A training run in a directory: opens the data, drives the loop, and keeps what it tells:
 *
 *   train.json              the configuration, complete
 *   checkpoint.safetensors  everything that the next step depends on, replaced atomically
 *   model/                  the averaged weights as a model directory, ready for `rddm restore`
 *   log.jsonl, events.*     the losses, for programs and for TensorBoard
 *   samples/                input, restored and clean squares while training
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expected } from '../../../math/errors.ts';
import { elementCount } from '../../../math/shape.ts';
import type { ModelConfig } from '../../../model/config.ts';
import { modelParameters } from '../../../model/networks.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import {
  averagedWeights,
  decodeCheckpoint,
  encodeCheckpoint,
  holdsModel,
  type TrainingState,
} from '../../../train/checkpoint.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { type TrainEvent, train } from '../../../train/loop.ts';
import { chosenModel } from '../../../train/phase.ts';
import type { TrainingBatch } from '../../../train/step.ts';
import { fingerprintOf, openDataset } from './dataset.ts';
import { fileError } from '../files/file-error.ts';
import { readBytes, saveModel, writeFileAtomic } from '../files/files.ts';
import { createLoader, type Loader } from './loader.ts';
import { hasRun, mapPaths, withWholePaths, writeRunConfig } from './run-config.ts';
import { lockRun } from './run-lock.ts';
import { openRunLog, type RunLog } from './run-log.ts';
import { sampleGrid } from './sample-grid.ts';
import { removeStagedFiles } from '../files/staged-file.ts';

const names = { checkpoint: 'checkpoint.safetensors', model: 'model', samples: 'samples' };

/** A run to start or to continue. */
export interface TrainingRunOptions {
  readonly config: TrainConfig;
  readonly directory: string;
  readonly runtime: Runtime;
  /** `resume` continues from the directory's checkpoint, or from the start where it has none yet. */
  readonly mode: 'new' | 'resume';
  readonly signal?: AbortSignal | undefined;
}

/** What a run tells beside the loop's own events. */
export type TrainingRunEvent =
  | Extract<TrainEvent, { kind: 'step' | 'chosen' }>
  | { readonly kind: 'opened'; readonly pictures: number; readonly parameters: number; readonly step: number }
  | {
      readonly kind: 'saved';
      readonly step: number;
      readonly reason: 'due' | 'stopped' | 'finished';
      /** The model directory; none while an automatic objective is not chosen, or nothing has been learnt since. */
      readonly model: string | undefined;
    }
  | { readonly kind: 'samples'; readonly step: number; readonly path: string }
  /** Something failed without which the run goes on. */
  | { readonly kind: 'warning'; readonly step: number; readonly message: string };

function refuseOldRun(directory: string): void {
  if (!hasRun(directory)) return;
  throw expected('train', 'a directory without a run', directory, 'continue it with --resume, or choose another --out');
}

/**
 * Where a run stands; undefined where it has no checkpoint yet.
 *
 * @param data the fingerprint of the pictures that it is to go on with
 * @throws RddmError when the checkpoint is damaged, of another network, or of other pictures
 */
export async function readRunState(
  directory: string,
  config: TrainConfig,
  data: string,
): Promise<TrainingState | undefined> {
  const path = join(directory, names.checkpoint);
  if (!existsSync(path)) return undefined;
  const { data: before, ...state } = decodeCheckpoint(await readBytes(path, 'train'), config, path);
  if (before !== data) {
    throw expected(
      directory,
      'the pictures that this run began with',
      'others',
      'put them back as they were, or start a new run',
    );
  }
  return state;
}

/** Makes the folders. */
async function makeFolders(directory: string): Promise<void> {
  await mkdir(join(directory, names.samples), { recursive: true }).catch((error) => {
    throw fileError('train', 'a folder for the run', directory, error);
  });
}

/** Removes what a killed process left half-written. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const folder of ['.', names.model, names.samples]) await removeStagedFiles(join(directory, folder));
}

/**
 * The model that a run has learnt so far; its provenance is what decides its weights. Of paths only
 * the last name is told: a model travels, folders do not.
 */
function trainedModel(config: TrainConfig, { step, choice }: TrainingState): ModelConfig {
  const { batch, accumulation, loss, losses, optimiser, average, seed } = config;
  const data = mapPaths(config.data, (path) => basename(path));
  const selection = choice && { ...config.selection, chosenAt: choice.step };
  return {
    ...chosenModel(config, choice),
    training: {
      steps: step,
      batch,
      accumulation,
      loss,
      losses,
      optimiser,
      average,
      seed,
      data,
      ...(selection && { selection }),
    },
  };
}

/** The model first: once the checkpoint stands, everything up to it is there. Returns the model's directory, if it holds one. */
async function save(
  config: TrainConfig,
  directory: string,
  state: TrainingState,
  data: string,
): Promise<string | undefined> {
  const model = holdsModel(config, state) ? join(directory, names.model) : undefined;
  if (model) await saveModel(model, trainedModel(config, state), averagedWeights(config, state.states));
  await writeFileAtomic(join(directory, names.checkpoint), encodeCheckpoint(state, data));
  return model;
}

function record(log: RunLog, event: Extract<TrainEvent, { kind: 'step' }>, logEvery: number): void {
  const { step, loss, parts, gradientNorm, learningRate, lambda } = event;
  // Of λ every step is told: it decides.
  if (step % logEvery !== 0 && step !== 1 && lambda === undefined) return;
  log.scalars(step, { loss, ...parts, gradientNorm, learningRate, ...(lambda !== undefined && { lambda }) });
}

/** Makes and keeps the sample grid of a step. The steps are worth more than their picture: one that fails is only told. */
async function keepGrid(
  { config, directory, runtime }: TrainingRunOptions,
  { step, states, choice }: TrainingState,
  shown: TrainingBatch,
  log: RunLog,
): Promise<TrainingRunEvent> {
  const path = join(directory, names.samples, `step-${String(step).padStart(7, '0')}.png`);
  try {
    const png = await sampleGrid({ ...config, model: chosenModel(config, choice) }, runtime, states, shown);
    await writeFileAtomic(path, png);
    log.image('samples', step, png);
    return { kind: 'samples', step, path };
  } catch (error) {
    return { kind: 'warning', step, message: `no sample grid of step ${step}: ${(error as Error).message}` };
  }
}

/**
 * Trains in a directory.
 *
 * @throws RddmError when the directory holds a run already (mode `new`), another process works in it, the data cannot be
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
export async function* runTraining(options: TrainingRunOptions): AsyncGenerator<TrainingRunEvent, void> {
  const { directory, runtime, mode, signal } = options;
  // A run goes on where it was; what it was on is for the runtime to say.
  const config = withWholePaths({ ...options.config, device: runtime.device });
  // A directory that is there is locked before it is read, a new one as soon as it is made.
  let unlock = existsSync(directory) ? await lockRun(directory) : undefined;
  let loader: Loader | undefined;
  let log: RunLog | undefined;
  try {
    const dataset = await openDataset(config.data);
    const data = await fingerprintOf(dataset);
    if (mode === 'new') refuseOldRun(directory);
    const start = mode === 'new' ? undefined : await readRunState(directory, config, data);
    const specs = Object.values(modelParameters(config.model));
    yield {
      kind: 'opened',
      pictures: dataset.items.length,
      parameters: specs.reduce((total, { shape }) => total + elementCount(shape), 0),
      step: start?.step ?? 0,
    };
    const { batch, seed, workers } = config;
    const { unet, schedule, preprocess } = config.model;
    loader = createLoader({
      dataset,
      batch,
      channels: unet.channels,
      preprocess,
      timesteps: schedule.timesteps,
      seed,
      workers,
    });
    const batches = (index: number) => (loader as Loader).batch(index);
    // The squares of the first batch accompany the run.
    const shown = config.sampleEvery > 0 ? await batches(0) : undefined;
    for await (const event of train({ config, runtime, batches, start, signal })) {
      if (event.kind === 'ready') {
        // Only what is sure to run becomes a run on disk.
        await makeFolders(directory);
        unlock ??= await lockRun(directory);
        // Another process may have made one meanwhile.
        if (mode === 'new') refuseOldRun(directory);
        await removeLeftovers(directory);
        await writeRunConfig(directory, config);
        log = await openRunLog(directory, { resumeAt: mode === 'resume' ? event.step : undefined });
      } else if (event.kind === 'step') {
        record(log as RunLog, event, config.logEvery);
        yield event;
      } else if (event.kind === 'chosen') {
        const { step, objective } = event;
        log?.scalars(step, { lambda: objective === 'residual' ? 1 : 0 }, { objective });
        yield event;
      } else {
        const { state, reason } = event;
        const isGridDue = reason === 'finished' || (reason === 'due' && state.step % config.sampleEvery === 0);
        // Grid and log first: what belongs to the steps up to a checkpoint is never made again.
        if (shown && isGridDue && holdsModel(config, state))
          yield await keepGrid({ ...options, config }, state, shown, log as RunLog);
        await log?.flush();
        yield { kind: 'saved', step: state.step, reason, model: await save(config, directory, state, data) };
      }
    }
  } finally {
    const ends = [() => log?.close(), () => loader?.close(), () => unlock?.()];
    await ends.reduce((before, end) => before.finally(end), Promise.resolve());
  }
}
