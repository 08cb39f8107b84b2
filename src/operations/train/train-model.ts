/**
 * A training run with its files: opens the data, drives the loop, and stores its results as run-place.ts describes.
 * After a crash, everything saved before is still there, and the run continues from it with the same bytes.
 */
import { type Dataset, findDataset, fingerprintOf } from '../../data/dataset.ts';
import { mapPaths } from '../../data/dataset-config.ts';
import type { Loader } from '../../data/loader.ts';
import { expected } from '../../math/errors.ts';
import { elementCount } from '../../math/shape.ts';
import type { ModelConfig } from '../../model/config.ts';
import { modelParameters } from '../../model/networks.ts';
import { askedTimes } from '../../model/reverse-way.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { averagedWeights, encodeCheckpoint, holdsModel, type TrainingState } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import { type TrainEvent, train } from '../../train/loop.ts';
import { chosenModel } from '../../train/phase.ts';
import type { TrainingBatch } from '../../train/step.ts';
import type { Host } from '../host.ts';
import type { TrainingPictures } from '../training-pictures.ts';
import { openLog, type RunLog } from './run-log.ts';
import { hasRun, type RunPlace, readRunState, runNames, writeRunConfig } from './run-place.ts';
import { sampleGrid } from './sample-grid.ts';

/** A run to start or to continue. */
export interface TrainingRun {
  /** The paths of its data are complete. */
  readonly config: TrainConfig;
  readonly place: RunPlace;
  readonly pictures: TrainingPictures;
  readonly host: Pick<Host, 'encode'>;
  readonly runtime: Runtime;
  /** `resume` continues from the checkpoint, or from the start if there is none. */
  readonly mode: 'new' | 'resume';
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/** The events of a run besides the loop's own. */
export type RunEvent =
  | Extract<TrainEvent, { kind: 'step' | 'chosen' }>
  | { readonly kind: 'opened'; readonly pictures: number; readonly parameters: number; readonly step: number }
  | {
      readonly kind: 'saved';
      readonly step: number;
      readonly reason: 'due' | 'stopped' | 'finished';
      /**
       * The model's folder in the store; undefined until an automatic objective is chosen and something learnt after
       * that.
       */
      readonly model: string | undefined;
    }
  /** A sample grid, by its name in the store. */
  | { readonly kind: 'samples'; readonly step: number; readonly name: string }
  /** Something failed that the run can do without. */
  | { readonly kind: 'warning'; readonly step: number; readonly message: string };

async function refuseOldRun({ store, titleOf }: RunPlace): Promise<void> {
  if (!(await hasRun(store))) return;
  const remedy = 'resume it, or choose another directory';
  throw expected('train', 'a directory without a run', titleOf(), { remedy, field: 'out' });
}

/**
 * The model trained so far; its provenance is what determines its weights. Of paths only the last name is kept, since a
 * model may be copied elsewhere.
 */
function trainedModel(
  config: TrainConfig,
  { step, choice }: TrainingState,
  nameOf: (path: string) => string,
): ModelConfig {
  const { batch, accumulation, loss, losses, times, optimiser, average, seed } = config;
  const data = mapPaths(config.data, nameOf);
  const selection = choice && { ...config.selection, chosenAt: choice.step };
  return {
    ...chosenModel(config, choice),
    training: {
      steps: step,
      batch,
      accumulation,
      loss,
      losses,
      times,
      optimiser,
      average,
      seed,
      data,
      ...(selection && { selection }),
    },
  };
}

/**
 * The model comes first: once the checkpoint exists, everything up to it does. Returns the model's folder, if there is
 * one.
 */
async function save(
  { config, place, pictures }: TrainingRun,
  state: TrainingState,
  data: string,
): Promise<string | undefined> {
  const holds = holdsModel(config, state);
  if (holds) {
    const model = trainedModel(config, state, pictures.files.nameOf);
    await place.saveModel({ config: model, weights: averagedWeights(config, state.states) });
  }
  await place.store.write(runNames.checkpoint, encodeCheckpoint(state, data));
  return holds ? runNames.model : undefined;
}

function record(log: RunLog, event: Extract<TrainEvent, { kind: 'step' }>, logEvery: number): void {
  const { step, loss, parts, gradientNorm, learningRate, lambda } = event;
  // λ is logged at every step, since it decides.
  if (step % logEvery !== 0 && step !== 1 && lambda === undefined) return;
  log.scalars(step, { loss, ...parts, gradientNorm, learningRate, ...(lambda !== undefined && { lambda }) });
}

/**
 * Makes and stores the sample grid of a step. The steps matter more than their picture, so a failure is only reported.
 */
async function keepGrid(
  { config, place, host, runtime }: TrainingRun,
  { step, states, choice }: TrainingState,
  shown: TrainingBatch,
  log: RunLog,
): Promise<RunEvent> {
  const name = `${runNames.samples}/step-${String(step).padStart(7, '0')}.png`;
  try {
    const grid = await sampleGrid({ ...config, model: chosenModel(config, choice) }, runtime, states, shown);
    const png = await host.encode(grid, 'png');
    await place.store.write(name, png);
    log.image('samples', step, png);
    return { kind: 'samples', step, name };
  } catch (error) {
    return { kind: 'warning', step, message: `no sample grid of step ${step}: ${(error as Error).message}` };
  }
}

function loadBatches(
  { batch, seed, workers, model, times: trained }: TrainConfig,
  dataset: Dataset,
  pictures: TrainingPictures,
): Loader {
  const { unet, schedule, preprocess } = model;
  const { timesteps } = schedule;
  const times = trained === 'sampled' ? askedTimes(model) : undefined;
  return pictures.load({ dataset, batch, channels: unet.channels, preprocess, timesteps, times, seed, workers });
}

/**
 * Trains, and stores the run in its place.
 *
 * @throws RddmError if the place already has a run (mode `new`), somebody else works in it, the data cannot be opened,
 *   a loss is not finite, or the store is full; what was saved before stays
 *
 * @example
 * ```ts
 * import { loadStoredModel, pictureInStore, picturesInStore, runInStore, trainConfig, trainModel } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import { folderStore, nodeHost } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * // On another platform: its own host and stores.
 * const host = nodeHost;
 * const [photos, run] = ['photos', 'run'].map((name) => folderStore(`${mkdtempSync(`${tmpdir()}/rddm-`)}/${name}`));
 * const photo = { width: 16, height: 16, channels: 3 as const, data: new Uint8Array(768).fill(90) };
 * await pictureInStore(host, photos, 'clean/a.png').write(photo);
 * const config = trainConfig({
 *   model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
 *   data: { kind: 'degraded', clean: 'clean', crop: 8, degradation: { kind: 'rain' } },
 *   steps: 1, accumulation: 1, sampleEvery: 0,
 * });
 * const means = { place: runInStore(run, 'my run'), pictures: picturesInStore(host, photos), host };
 * const kinds = [];
 * for await (const event of trainModel({ config, ...means, runtime: createReferenceRuntime(), mode: 'new' })) {
 *   kinds.push(event.kind);
 * }
 * assert.deepEqual(kinds, ['opened', 'step', 'saved']);
 * assert.equal((await loadStoredModel(run, 'model')).config.training?.steps, 1);
 * ```
 */
export async function* trainModel(options: TrainingRun): AsyncGenerator<RunEvent, void> {
  const { place, pictures, runtime, mode, signal } = options;
  // The runtime's device overrides the configuration's.
  const config = { ...options.config, device: runtime.device };
  const run = { ...options, config };
  let loader: Loader | undefined;
  let log: RunLog | undefined;
  // An existing place is locked before it is read, a new one as soon as it is created.
  await place.enter();
  try {
    const dataset = await findDataset(config.data, pictures.files);
    const data = await fingerprintOf(dataset, pictures.files);
    if (mode === 'new') await refuseOldRun(place);
    const start = mode === 'new' ? undefined : await readRunState(place, config, data);
    const specs = Object.values(modelParameters(config.model));
    yield {
      kind: 'opened',
      pictures: dataset.items.length,
      parameters: specs.reduce((total, { shape }) => total + elementCount(shape), 0),
      step: start?.step ?? 0,
    };
    loader = loadBatches(config, dataset, pictures);
    const batches = (index: number) => (loader as Loader).batch(index);
    // The squares of the first batch are used throughout the run.
    const shown = config.sampleEvery > 0 ? await batches(0) : undefined;
    for await (const event of train({ config, runtime, batches, start, signal })) {
      if (event.kind === 'ready') {
        // Nothing is stored until the run is sure to start.
        await place.prepare();
        // Somebody else may have created one meanwhile.
        if (mode === 'new') await refuseOldRun(place);
        await writeRunConfig(place.store, config);
        const resumeAt = mode === 'resume' ? event.step : undefined;
        log = await openLog(place.store, { resumeAt, titleOf: place.titleOf });
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
        // Grid and log first: nothing before a checkpoint is made again.
        if (shown && isGridDue && holdsModel(config, state)) yield await keepGrid(run, state, shown, log as RunLog);
        await log?.flush();
        yield { kind: 'saved', step: state.step, reason, model: await save(run, state, data) };
      }
    }
  } finally {
    const ends = [() => log?.close(), () => loader?.close(), () => place.leave()];
    await ends.reduce((before, end) => before.finally(end), Promise.resolve());
  }
}
