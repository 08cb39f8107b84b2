/**
 * A training run with its files: opens the data, drives the loop, and stores its results as run-place.ts describes.
 * After a crash, everything saved before is still there, and the run continues from it with the same bytes.
 */
import { type Dataset, fingerprintOf } from '../../data/dataset.ts';
import type { Loader } from '../../data/loader.ts';
import { expected } from '../../math/errors.ts';
import { elementCount } from '../../math/shape.ts';
import { modelParameters } from '../../model/networks.ts';
import { askedTimes } from '../../model/reverse-way.ts';
import { holdsModel, type TrainingState } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import { stagesOf } from '../../train/growth.ts';
import { type TrainEvent, train } from '../../train/loop.ts';
import { chosenModel } from '../../train/phase.ts';
import type { TrainingBatch } from '../../train/step.ts';
import type { TrainingPictures } from '../training-pictures.ts';
import { initialised, requireInitialModel } from './initial-model.ts';
import { resumedRun } from './resumed-run.ts';
import { findRunData } from './run-data.ts';
import { openLog, type RunLog } from './run-log.ts';
import { hasRun, type RunPlace, readRunConfig, readRunState, runNames, writeRunConfig } from './run-place.ts';
import { bestOf, forgottenScores, openRunValidation, validateState, validationWarning } from './run-validation.ts';
import { sampleGrid } from './sample-grid.ts';
import { beginFrom, type OpenRun, saveState } from './save-run.ts';
import type { RunEvent, TrainingRun } from './training-run.ts';

async function refuseOldRun({ store, titleOf }: RunPlace): Promise<void> {
  if (!(await hasRun(store))) return;
  const remedy = 'resume it, or choose another directory';
  throw expected('train', 'a directory without a run', titleOf(), { remedy, field: 'out' });
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

function loadBatches(config: TrainConfig, dataset: Dataset, pictures: TrainingPictures): Loader {
  const { batch, accumulation, seed, workers, model, times: trained } = config;
  const { unet, schedule, preprocess } = model;
  const [, ...grown] = stagesOf(config);
  const stages = grown.map((stage) => ({ from: stage.after * accumulation, size: stage.crop, batch: stage.batch }));
  const { timesteps } = schedule;
  const times = trained === 'sampled' ? askedTimes(model) : undefined;
  const sizes = { dataset, batch, stages, channels: unet.channels };
  return pictures.load({ ...sizes, preprocess, timesteps, times, seed, workers });
}

/** What a run begins with, all checked. */
interface Beginning {
  readonly config: TrainConfig;
  readonly training: Dataset;
  readonly held: Dataset | undefined;
  /** The fingerprint of the training pictures. */
  readonly data: string;
  /** Undefined for a run from random weights. */
  readonly start: TrainingState | undefined;
}

async function begin({ config, init, place, pictures, runtime, mode }: TrainingRun): Promise<Beginning> {
  if (init && mode === 'resume') {
    const remedy = 'the run has its own weights';
    throw expected('train', 'a new run with initial weights', 'one that goes on', { remedy, field: 'init' });
  }
  // The runtime's device overrides the configuration's.
  const given = { ...config, device: runtime.device };
  const { training, validation: held } = await findRunData(config, pictures.files);
  const data = await fingerprintOf(training, pictures.files);
  const found = { training, held, data };
  if (mode === 'new') {
    await refuseOldRun(place);
    // Another run's history is not this one's.
    const { earlier: _, ...fresh } = given;
    const initial = init && (await initialised(fresh, init));
    if (!initial) requireInitialModel(fresh, mode);
    return { ...found, config: initial?.config ?? fresh, start: initial?.start };
  }
  const start = await readRunState(place, given, data);
  if (!(await hasRun(place.store))) return { ...found, config: given, start };
  const resumed = resumedRun(await readRunConfig(place), given, start?.step ?? 0);
  if (!start) requireInitialModel(resumed, mode);
  return { ...found, config: resumed, start };
}

/** What a checkpoint brings: a sample grid and a validation, where they are due, and the files. */
async function* checkpointed(
  run: OpenRun,
  { state, reason }: Extract<TrainEvent, { kind: 'checkpoint' }>,
  shown: TrainingBatch | undefined,
): AsyncGenerator<RunEvent, void> {
  const { config, validation, log } = run;
  const { step } = state;
  const isGridDue = reason === 'finished' || (reason === 'due' && step % config.sampleEvery === 0);
  // Grid, scores and log first: nothing before a checkpoint is made again.
  if (shown && isGridDue && holdsModel(config, state)) yield await keepGrid(run, state, shown, log);
  const told = validation && reason !== 'stopped' ? await validateState(run, state, validation) : undefined;
  yield { kind: 'saved', step, reason, model: await saveState(run, state, told), best: bestOf(validation) };
  if (told) yield told;
  const message = reason === 'finished' && validation ? validationWarning(validation) : undefined;
  if (message !== undefined) yield { kind: 'warning', step, message };
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
  const { place, runtime, mode, signal } = options;
  let loader: Loader | undefined;
  let log: RunLog | undefined;
  let open: OpenRun | undefined;
  // An existing place is locked before it is read, a new one as soon as it is created.
  await place.enter();
  try {
    const { config, training, held, data, start } = await begin(options);
    const run = { ...options, config };
    const specs = Object.values(modelParameters(config.model));
    yield {
      kind: 'opened',
      pictures: training.items.length,
      held: held?.items.length ?? 0,
      parameters: specs.reduce((total, { shape }) => total + elementCount(shape), 0),
      step: start?.step ?? 0,
    };
    loader = loadBatches(config, training, options.pictures);
    const batches = (index: number) => (loader as Loader).batch(index);
    // The squares of the first batch are used throughout the run.
    const shown = config.sampleEvery > 0 ? await batches(0) : undefined;
    const validation = await openRunValidation(run, held, start?.validation);
    if (start?.validation && validation && !validation.progress) yield forgottenScores(start.step);
    for await (const event of train({ config, runtime, batches, start, signal })) {
      if (event.kind === 'ready') {
        // Nothing is stored until the run is sure to start.
        await place.prepare();
        // Somebody else may have created one meanwhile.
        if (mode === 'new') await refuseOldRun(place);
        await writeRunConfig(place.store, config);
        const resumeAt = mode === 'resume' ? event.step : undefined;
        const validatedAt = start?.validation?.step;
        log = await openLog(place.store, { resumeAt, validatedAt, titleOf: place.titleOf });
        open = { ...run, data, log, validation };
        if (start) yield* beginFrom(open, start, mode);
      } else if (event.kind === 'step') {
        record(log as RunLog, event, config.logEvery);
        yield event;
      } else if (event.kind === 'chosen') {
        const { step, objective } = event;
        log?.scalars(step, { lambda: objective === 'residual' ? 1 : 0 }, { objective });
        yield event;
      } else yield* checkpointed(open as OpenRun, event, shown);
    }
  } finally {
    const ends = [() => log?.close(), () => loader?.close(), () => place.leave()];
    await ends.reduce((before, end) => before.finally(end), Promise.resolve());
  }
}
