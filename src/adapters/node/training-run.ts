/**
 * A training run in a directory: opens the data, drives the loop, and keeps what it tells:
 *
 *   train.json              the configuration, complete
 *   checkpoint.safetensors  everything that the next step depends on, replaced atomically
 *   model/                  the averaged weights as a model directory, ready for `rddm restore`
 *   log.jsonl, events.*     the losses, for programs and for TensorBoard
 *   samples/                input, restored and clean squares while training
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Image, tensorToImage } from '../../data/image.ts';
import { imageGrid } from '../../data/image-grid.ts';
import { expected, RddmError } from '../../math/errors.ts';
import { elementCount } from '../../math/shape.ts';
import type { Tensor } from '../../math/tensor.ts';
import type { ModelConfig } from '../../model/config.ts';
import { modelParameters } from '../../model/networks.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';
import { sampleFinal } from '../../sample/sampler.ts';
import { averagedWeights, decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../train/checkpoint.ts';
import { type TrainConfig, trainConfig } from '../../train/config.ts';
import { type TrainEvent, train } from '../../train/loop.ts';
import { type Dataset, openDataset } from './dataset.ts';
import { fileError } from './file-error.ts';
import { readBytes, removeStagedFiles, saveModel, writeFileAtomic } from './files.ts';
import { encodePng } from './images.ts';
import { createLoader } from './loader.ts';
import { openRunLog, type RunLog } from './run-log.ts';

const names = { config: 'train.json', checkpoint: 'checkpoint.safetensors', model: 'model', samples: 'samples' };

/** Pictures in a sample grid at most. */
const SAMPLED = 4;

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
  | Extract<TrainEvent, { kind: 'step' }>
  | { readonly kind: 'opened'; readonly pictures: number; readonly parameters: number; readonly step: number }
  | {
      readonly kind: 'saved';
      readonly step: number;
      readonly reason: 'due' | 'stopped' | 'finished';
      /** The model directory. */
      readonly model: string;
    }
  | { readonly kind: 'samples'; readonly step: number; readonly path: string };

/** Reads the configuration of a run's directory. */
export async function readRunConfig(directory: string): Promise<TrainConfig> {
  const path = join(directory, names.config);
  if (!existsSync(path)) {
    throw expected('train', `a run with ${names.config} in ${directory}`, 'none', 'start one with --out');
  }
  return parseTrainConfig(await readBytes(path, 'train'), path);
}

/** Parses the text of a training configuration. */
function parseTrainConfig(bytes: Uint8Array, path: string): TrainConfig {
  return trainConfig(parseJson(bytes, path), path);
}

/** Parses JSON that a person may have written. */
export function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new RddmError(
      `${path}: expected a configuration in JSON, got text that is none (${(error as Error).message})`,
    );
  }
}

/** The members of a data source that are paths. */
const pathKeys = new Set(['clean', 'input', 'target', 'mask', 'folder']);

/** Applies `f` to every path of a data source. */
function mapPaths(data: TrainConfig['data'], f: (path: string) => string): TrainConfig['data'] {
  const entries = Object.entries(data).map(([key, value]) => [key, pathKeys.has(key) ? f(String(value)) : value]);
  return Object.fromEntries(entries) as TrainConfig['data'];
}

/** A hash of the names and sizes of all pictures, in their order: with others, the same seed means other batches. */
async function fingerprintOf({ items }: Dataset): Promise<string> {
  const hash = createHash('sha256');
  for (const { clean, input, mask } of items) {
    for (const path of [clean, input, mask]) {
      if (path !== undefined) hash.update(`${basename(path)} ${(await stat(path)).size}\n`);
    }
  }
  return hash.digest('hex');
}

/** Reads where the run stands, and refuses to start over an old run or to go on with other pictures. */
async function findStart(
  { config, directory, mode }: TrainingRunOptions,
  data: string,
): Promise<TrainingState | undefined> {
  const checkpointPath = join(directory, names.checkpoint);
  if (mode === 'new' && existsSync(join(directory, names.config))) {
    throw expected(
      'train',
      'a directory without a run',
      directory,
      'continue it with --resume, or choose another --out',
    );
  }
  if (mode === 'new' || !existsSync(checkpointPath)) return undefined;
  const { data: before, ...state } = decodeCheckpoint(await readBytes(checkpointPath, 'train'), config, checkpointPath);
  if (before !== data) {
    throw expected(
      'train',
      'the pictures that this run began with',
      'others',
      'put them back as they were, or start a new run',
    );
  }
  return state;
}

/** Makes the folders; removes what a killed process left half-written. */
async function prepareFolders(directory: string): Promise<void> {
  await mkdir(join(directory, names.samples), { recursive: true }).catch((error) => {
    throw fileError('train', 'a folder for the run', directory, error);
  });
  for (const folder of ['.', names.model, names.samples]) await removeStagedFiles(join(directory, folder));
}

const writeConfig = (directory: string, config: TrainConfig): Promise<void> =>
  writeFileAtomic(join(directory, names.config), new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));

/**
 * The model that a run has learnt so far; its provenance is what decides its weights. Of paths only
 * the last name is told: a model travels, folders do not.
 */
function trainedModel(config: TrainConfig, step: number): ModelConfig {
  const { model, batch, accumulation, loss, optimiser, average, seed } = config;
  const data = mapPaths(config.data, (path) => basename(path));
  return { ...model, training: { steps: step, batch, accumulation, loss, optimiser, average, seed, data } };
}

/** The model first: once the checkpoint stands, everything up to it is there. Returns the model's directory. */
async function save(config: TrainConfig, directory: string, state: TrainingState, data: string): Promise<string> {
  const model = join(directory, names.model);
  await saveModel(model, trainedModel(config, state.step), averagedWeights(config, state.states));
  await writeFileAtomic(join(directory, names.checkpoint), encodeCheckpoint(state, data));
  return model;
}

const pictures = (batch: Tensor): Image[] => Array.from({ length: batch.shape[0] }, (_, i) => tensorToImage(batch, i));

const firstOf = ({ shape, data }: Tensor): Tensor => {
  const kept = [Math.min(SAMPLED, shape[0]), ...shape.slice(1)];
  return { shape: kept, data: data.slice(0, elementCount(kept)) };
};

/** Restores (or generates) a few squares; returns the grid's PNG bytes. A stop waits for it: the steps before must be saved. */
async function sampleGrid(
  { config, runtime }: TrainingRunOptions,
  state: TrainingState,
  batch: { clean: Tensor; input?: Tensor | undefined; mask?: Tensor | undefined },
): Promise<Uint8Array> {
  const { model, seed } = config;
  const denoiser = createNetworkDenoiser(runtime, model, averagedWeights(config, state.states));
  const input = batch.input && firstOf(batch.input);
  const mask = model.condition === 'input-and-mask' && batch.mask ? firstOf(batch.mask) : undefined;
  const clean = firstOf(batch.clean);
  try {
    const restored = await sampleFinal(denoiser, { input, mask, shape: clean.shape, seed });
    const columns = input ? [input, restored, clean] : [restored];
    const rows = pictures(restored).map((_, i) => columns.map((column) => pictures(column)[i]));
    return await encodePng(imageGrid(rows, 4));
  } finally {
    await denoiser.release();
  }
}

function record(log: RunLog, event: Extract<TrainEvent, { kind: 'step' }>, logEvery: number): void {
  if (event.step % logEvery !== 0 && event.step !== 1) return;
  const { step, loss, parts, gradientNorm, learningRate } = event;
  log.scalars(step, { loss, ...parts, gradientNorm, learningRate });
}

/**
 * Trains in a directory.
 *
 * @throws RddmError when the directory holds a run already (mode `new`) or none (mode `resume`), the data cannot be
 *   opened, a loss is not finite, or the disk is full; what was saved before stays
 *
 * @example
 * ```ts
 * import { createReferenceRuntime, trainConfig } from 'rddm';
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
  // Absolute, so that a run can be continued from anywhere.
  const config = { ...options.config, data: mapPaths(options.config.data, (path) => resolve(path)) };
  const dataset = await openDataset(config.data);
  const data = await fingerprintOf(dataset);
  const start = await findStart({ ...options, config }, data);
  const specs = Object.values(modelParameters(config.model));
  yield {
    kind: 'opened',
    pictures: dataset.items.length,
    parameters: specs.reduce((total, { shape }) => total + elementCount(shape), 0),
    step: start?.step ?? 0,
  };
  const loader = createLoader({
    dataset,
    batch: config.batch,
    channels: config.model.unet.channels,
    timesteps: config.model.schedule.timesteps,
    seed: config.seed,
    workers: config.workers,
  });
  let log: RunLog | undefined;
  try {
    // The squares of the first batch accompany the run.
    const shown = config.sampleEvery > 0 ? await loader.batch(0) : undefined;
    const batches = (index: number) => loader.batch(index);
    for await (const event of train({ config, runtime, batches, start, signal })) {
      if (event.kind === 'ready') {
        // Only what is sure to run becomes a run on disk.
        await prepareFolders(directory);
        await writeConfig(directory, config);
        log = await openRunLog(directory, { resumeAt: mode === 'resume' ? event.step : undefined });
      } else if (event.kind === 'step') {
        record(log as RunLog, event, config.logEvery);
        yield event;
      } else {
        const { state, reason } = event;
        const isGridDue = reason === 'finished' || (reason === 'due' && state.step % config.sampleEvery === 0);
        // Grid and log first: what belongs to the steps up to a checkpoint is never made again.
        if (shown && isGridDue) {
          const png = await sampleGrid({ ...options, config }, state, shown);
          const path = join(directory, names.samples, `step-${String(state.step).padStart(7, '0')}.png`);
          await writeFileAtomic(path, png);
          log?.image('samples', state.step, png);
          yield { kind: 'samples', step: state.step, path };
        }
        await log?.flush();
        yield { kind: 'saved', step: state.step, reason, model: await save(config, directory, state, data) };
      }
    }
  } finally {
    try {
      await log?.close();
    } finally {
      await loader.close();
    }
  }
}
