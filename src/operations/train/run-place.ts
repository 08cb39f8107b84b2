/**
 * Where a training run is kept:
 *
 *   train.json              the configuration, complete
 *   checkpoint.safetensors  everything that the next step depends on, replaced atomically
 *   model/                  the averaged weights as a model directory, ready to restore with
 *   best/                   with validation, those of the step with the best scores
 *   log.jsonl, events.*     the losses, for programs and for TensorBoard
 *   samples/                input, restored and clean squares while training
 */
import type { Model } from '../../checkpoint/model-directory.ts';
import { expected } from '../../math/errors.ts';
import { decodeJson } from '../../math/json.ts';
import { decodeCheckpoint, type TrainingState } from '../../train/checkpoint.ts';
import { type TrainConfig, trainConfig } from '../../train/config.ts';
import type { Store } from '../store.ts';
import { saveStoredModel } from '../stored-model.ts';

/** The names of a run in its store. */
export const runNames = {
  config: 'train.json',
  checkpoint: 'checkpoint.safetensors',
  model: 'model',
  best: 'best',
  samples: 'samples',
} as const;

/** A place for one run. */
export interface RunPlace {
  readonly store: Store;
  /** The title, such as a path, of a name in the store, or without a name of the place itself. */
  titleOf(name?: string): string;
  /** Stores a model in a folder; even after a crash, old and new are never mixed. */
  saveModel(model: Model, folder: string): Promise<void>;
  /**
   * Called before anything is read: locks the place for this run, if it exists.
   *
   * @throws RddmError if another run works in it
   */
  enter(): Promise<void>;
  /**
   * Called when steps are sure to follow: creates the place if needed, locks it, and removes files of a killed process.
   */
  prepare(): Promise<void>;
  /** Unlocks the place. */
  leave(): Promise<void>;
}

/**
 * A store that nobody else works in, as a place for a run.
 *
 * @param title the store's name for messages
 *
 * @example
 * ```ts
 * import { runInStore } from 'rddm';
 * import { folderStore } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * const place = runInStore(folderStore('runs/rain'), 'rain');
 * assert.equal(place.titleOf('train.json'), 'rain/train.json');
 * ```
 */
export const runInStore = (store: Store, title: string): RunPlace => ({
  store,
  titleOf: (name) => (name === undefined ? title : `${title}/${name}`),
  saveModel: (model, folder) => saveStoredModel(store, folder, model),
  enter: async () => {},
  prepare: async () => {},
  leave: async () => {},
});

/** Whether a store holds a run. */
export const hasRun = async (store: Store): Promise<boolean> => (await store.read(runNames.config)) !== undefined;

/**
 * Reads the configuration of a run.
 *
 * @throws RddmError if there is no run, or its configuration is broken
 */
export async function readRunConfig({ store, titleOf }: Pick<RunPlace, 'store' | 'titleOf'>): Promise<TrainConfig> {
  const { config } = runNames;
  const bytes = await store.read(config);
  if (!bytes)
    throw expected('train', `a run with ${config} in ${titleOf()}`, 'none', {
      remedy: 'start a new run',
      field: 'resume',
    });
  return trainConfig(decodeJson(bytes, titleOf(config)), titleOf(config));
}

/** Writes the configuration of a run. */
export const writeRunConfig = (store: Store, config: TrainConfig): Promise<void> =>
  store.write(runNames.config, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));

/**
 * The progress of a run; undefined if it has no checkpoint yet.
 *
 * @param data the fingerprint of the current pictures
 * @throws RddmError if the checkpoint is damaged, of another network, or of other pictures
 */
export async function readRunState(
  { store, titleOf }: Pick<RunPlace, 'store' | 'titleOf'>,
  config: TrainConfig,
  data: string,
): Promise<TrainingState | undefined> {
  const bytes = await store.read(runNames.checkpoint);
  if (!bytes) return undefined;
  const { data: before, ...state } = decodeCheckpoint(bytes, config, titleOf(runNames.checkpoint));
  if (before === data) return state;
  const remedy = 'restore the pictures, or start a new run';
  throw expected(titleOf(), 'the pictures that this run began with', 'others', remedy);
}
