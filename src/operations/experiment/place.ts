/**
 * The layout of the experiments' store:
 *
 *   models/KEY    one training run per model, named by its configuration and data
 *   pictures/KEY  sampled pictures, named by model, sampling, data and noise
 *   results/      ID.json and ID/*.png, which is everything a report needs
 */
import { canonicalJson, type Json } from '../../experiment/canonical.ts';
import { sha256 } from '../../math/digest.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Host } from '../host.ts';
import { type Store, storeWithin } from '../store.ts';
import { type RunPlace, runInStore } from '../train/run-place.ts';
import type { TrainingPictures } from '../training-pictures.ts';

/** A place for experiments. */
export interface ExperimentPlace {
  readonly store: Store;
  /** The place of a training run, below a name of the store. */
  runPlace(name: string): RunPlace;
  /**
   * Locks a part of the store, so that nobody else runs the same experiment.
   *
   * @returns a function that unlocks it
   * @throws RddmError if somebody else has it
   */
  take(name: string): Promise<() => Promise<void>>;
}

/** What experiments run with. */
export interface ExperimentMeans {
  readonly place: ExperimentPlace;
  readonly pictures: TrainingPictures;
  /** Converts a setting's path to one that `pictures` understands. */
  readonly whole: (path: string) => string;
  readonly host: Pick<Host, 'decode' | 'encode'>;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/** A name derived from `value`: equal values have equal names. */
export const keyOf = async (value: Json | string): Promise<string> =>
  (await sha256(typeof value === 'string' ? value : canonicalJson(value))).slice(0, 16);

export const modelName = (key: string): string => `models/${key}`;
export const picturesName = (key: string): string => `pictures/${key}.png`;
export const resultsName = 'results';
export const resultName = (id: string): string => `${id}.json`;

/** A store that nobody else works in as a place for experiments. */
export const experimentsInStore = (store: Store): ExperimentPlace => ({
  store,
  runPlace: (name) => runInStore(storeWithin(store, name), name),
  take: async () => async () => {},
});
