/**
 * Where a training run is kept:
 *
 *   train.json              the configuration, complete
 *   checkpoint.safetensors  everything that the next step depends on, replaced atomically
 *   model/                  the averaged weights as a model directory, ready to restore with
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
  samples: 'samples',
} as const;

/** A place for one run. */
export interface RunPlace {
  readonly store: Store;
  /** What people call a name of the store, or without one the place itself: a path, for example. */
  titleOf(name?: string): string;
  /** Keeps the model that was learnt; whatever crashes, old and new are never mixed. */
  saveModel(model: Model): Promise<void>;
  /**
   * Before anything is read: takes the place for this run, where it is there already.
   *
   * @throws RddmError when another run works in it
   */
  enter(): Promise<void>;
  /** When steps are sure to follow: makes the place where it is not there, takes it, and removes what a killed process left. */
  prepare(): Promise<void>;
  /** Gives the place back. */
  leave(): Promise<void>;
}

/**
 * A store that nobody else works in as a place for a run.
 *
 * @param title what people call the store
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
  saveModel: (model) => saveStoredModel(store, runNames.model, model),
  enter: async () => {},
  prepare: async () => {},
  leave: async () => {},
});

/** Whether a store holds a run. */
export const hasRun = async (store: Store): Promise<boolean> => (await store.read(runNames.config)) !== undefined;

/**
 * Reads the configuration of a run.
 *
 * @throws RddmError when there is no run, or its configuration is broken
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
 * Where a run stands; undefined where it has no checkpoint yet.
 *
 * @param data the fingerprint of the pictures that it is to go on with
 * @throws RddmError when the checkpoint is damaged, of another network, or of other pictures
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
  const remedy = 'put them back as they were, or start a new run';
  throw expected(titleOf(), 'the pictures that this run began with', 'others', remedy);
}
