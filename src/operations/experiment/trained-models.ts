/**
 * The models of experiments: trained once, in a folder named by what determines their weights, and found there by every
 * experiment that uses the same. A stopped training is resumed.
 */
import type { Model } from '../../checkpoint/model-directory.ts';
import { fingerprintOf } from '../../data/dataset.ts';
import { mapPaths } from '../../data/dataset-config.ts';
import type { PlannedModel } from '../../experiment/plan.ts';
import type { TrainedModel } from '../../experiment/result.ts';
import { expected } from '../../math/errors.ts';
import { elementCount } from '../../math/shape.ts';
import { modelParameters } from '../../model/networks.ts';
import { holdsModel, type TrainingState } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import { loadStoredModel } from '../stored-model.ts';
import { findRunData } from '../train/run-data.ts';
import { readLog } from '../train/run-log.ts';
import { hasRun, readRunState, runNames } from '../train/run-place.ts';
import { trainModel } from '../train/train-model.ts';
import { type ExperimentMeans, type ExperimentPlace, keyOf, modelName } from './place.ts';

/** A step of a training, for progress. */
export interface TrainingProgress {
  readonly kind: 'training';
  readonly model: string;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** The folder of the pictures that become training squares. */
function cleanFolder(data: TrainConfig['data']): string {
  if (data.kind === 'images') return data.folder;
  return 'clean' in data ? data.clean : data.target;
}

/** The configuration with full paths, and without the withheld pictures. */
async function placed({ config, setting }: PlannedModel, { pictures, whole }: ExperimentMeans): Promise<TrainConfig> {
  const source = mapPaths(config.data, whole);
  if (setting.withhold === 0) return { ...config, data: source };
  // Counted among the remaining ones, as in held-pictures.ts.
  const { list, nameOf } = pictures.files;
  const names = (await list(cleanFolder(source))).map(({ path }) => nameOf(path));
  const withheld = names.filter((name) => !source.exclude.includes(name)).slice(-setting.withhold);
  return { ...config, data: { ...source, exclude: [...source.exclude, ...withheld] } };
}

/** A finished training. */
export interface ReadyModel {
  readonly key: string;
  /** Undefined if an automatic objective was never chosen. */
  readonly model: Model | undefined;
  readonly trained: TrainedModel;
}

/** Its model. @throws RddmError if there is none */
export function modelOf({ model, key }: ReadyModel): Model {
  if (model) return model;
  throw expected('experiment', 'a training that chose an objective', `none in ${key}`, 'give it more steps');
}

/** Whether a completely trained model exists; its pictures are checked when it is used. */
export async function isTrained({ config, identity }: PlannedModel, place: ExperimentPlace): Promise<boolean> {
  const { store } = place.runPlace(modelName(await keyOf(identity)));
  if (!(await hasRun(store))) return false;
  return (await readLog(store)).at(-1)?.step === config.steps;
}

/**
 * Finds a model, or trains it; stopping keeps the training.
 *
 * @throws RddmError if the existing model was trained on other pictures, or is damaged; the reason of the signal if it
 *   is aborted before the training has ended
 */
export async function* ensureModel(
  planned: PlannedModel,
  means: ExperimentMeans,
): AsyncGenerator<TrainingProgress, ReadyModel> {
  const { name, identity, settingName } = planned;
  const { pictures, host, runtime, signal } = means;
  const key = await keyOf(identity);
  const place = means.place.runPlace(modelName(key));
  const { store } = place;
  const config = await placed(planned, means);
  const stateNow = async (): Promise<TrainingState | undefined> => {
    if (!(await hasRun(store))) return undefined;
    return readRunState(
      place,
      config,
      await fingerprintOf((await findRunData(config, pictures.files)).training, pictures.files),
    );
  };
  let state = await stateNow();
  if (state?.step !== config.steps) {
    const mode = (await hasRun(store)) ? 'resume' : 'new';
    for await (const event of trainModel({ config, place, pictures, host, runtime, mode, signal })) {
      if (event.kind === 'step') {
        yield { kind: 'training', model: name, step: event.step, steps: config.steps, loss: event.loss };
      }
    }
    signal.throwIfAborted();
    state = await stateNow();
  }
  const { model } = runNames;
  const log = await readLog(store);
  const last = log.filter(({ values }) => 'loss' in values).slice(-20);
  return {
    model: state && holdsModel(config, state) ? await loadStoredModel(store, model, place.titleOf(model)) : undefined,
    key,
    trained: {
      key,
      setting: settingName,
      steps: config.steps,
      parameters: Object.values(modelParameters(config.model)).reduce((sum, { shape }) => sum + elementCount(shape), 0),
      seconds: log.at(-1)?.seconds ?? 0,
      loss: last.reduce((sum, { values }) => sum + Number(values.loss), 0) / last.length,
      train: JSON.parse(JSON.stringify(planned.config)),
    },
  };
}
