/**
 * The models of experiments: trained once, in a folder named by what decides their weights, and found there by every
 * experiment that names the same. A training that was stopped goes on where it was.
 */
import { basename, join } from 'node:path';
import type { Model } from '../../../checkpoint/model-directory.ts';
import { fingerprintOf } from '../../../data/dataset.ts';
import { mapPaths } from '../../../data/dataset-config.ts';
import type { PlannedModel } from '../../../experiment/plan.ts';
import type { TrainedModel } from '../../../experiment/result.ts';
import { expected } from '../../../math/errors.ts';
import { elementCount } from '../../../math/shape.ts';
import { modelParameters } from '../../../model/networks.ts';
import { readLog } from '../../../operations/train/run-log.ts';
import { hasRun, readRunState } from '../../../operations/train/run-place.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { holdsModel, type TrainingState } from '../../../train/checkpoint.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { loadModel } from '../files/files.ts';
import { folderStore } from '../files/folder-store.ts';
import { listImages } from '../pictures/images.ts';
import { openDataset, pictureFiles } from '../runs/dataset.ts';
import { runFolder } from '../runs/run-folder.ts';
import { runTraining } from '../runs/training-run.ts';
import { keyOf, modelFolder, type Place } from './place.ts';

/** A step of a training, for progress. */
export interface TrainingProgress {
  readonly kind: 'training';
  readonly model: string;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** The folder of the pictures that are made into training squares. */
function cleanFolder(data: TrainConfig['data']): string {
  if (data.kind === 'images') return data.folder;
  return 'clean' in data ? data.clean : data.target;
}

/** The configuration with whole paths, and without the withheld pictures. */
async function placed({ config, setting }: PlannedModel, { data }: Place): Promise<TrainConfig> {
  const source = mapPaths(config.data, (path) => join(data, path));
  if (setting.withhold === 0) return { ...config, data: source };
  // Of those that are left, as held-pictures.ts counts them.
  const names = (await listImages(cleanFolder(source))).map((path) => basename(path));
  const withheld = names.filter((name) => !source.exclude.includes(name)).slice(-setting.withhold);
  return { ...config, data: { ...source, exclude: [...source.exclude, ...withheld] } };
}

/** A training that has ended. */
export interface ReadyModel {
  readonly key: string;
  /** None where an objective to choose was never chosen. */
  readonly model: Model | undefined;
  readonly trained: TrainedModel;
}

/** Its model. @throws RddmError where there is none */
export function modelOf({ model, key }: ReadyModel): Model {
  if (model) return model;
  throw expected('experiment', 'a training that chose an objective', `none in ${key}`, 'give it more steps');
}

/** Whether a model is there, trained to its end; with which pictures is asked when it is used. */
export async function isTrained({ config, identity }: PlannedModel, place: Place): Promise<boolean> {
  const folder = modelFolder(place, keyOf(identity));
  const store = folderStore(folder);
  if (!(await hasRun(store))) return false;
  return (await readLog(store)).at(-1)?.step === config.steps;
}

/**
 * Finds a model, or trains it; stopping keeps what was learnt.
 *
 * @throws RddmError when what is there was trained on other pictures, or is damaged; the reason of `signal` when it is
 *   aborted before the training has ended
 */
export async function* ensureModel(
  planned: PlannedModel,
  place: Place,
  runtime: Runtime,
  signal: AbortSignal,
): AsyncGenerator<TrainingProgress, ReadyModel> {
  const { name, identity, settingName } = planned;
  const key = keyOf(identity);
  const folder = modelFolder(place, key);
  const store = folderStore(folder);
  const config = await placed(planned, place);
  const stateNow = async (): Promise<TrainingState | undefined> =>
    (await hasRun(store))
      ? readRunState(runFolder(folder), config, await fingerprintOf(await openDataset(config.data), pictureFiles))
      : undefined;
  let state = await stateNow();
  if (state?.step !== config.steps) {
    const mode = (await hasRun(store)) ? 'resume' : 'new';
    for await (const event of runTraining({ config, directory: folder, runtime, mode, signal })) {
      if (event.kind === 'step') {
        yield { kind: 'training', model: name, step: event.step, steps: config.steps, loss: event.loss };
      }
    }
    signal.throwIfAborted();
    state = await stateNow();
  }
  const model = state && holdsModel(config, state) ? await loadModel(join(folder, 'model')) : undefined;
  const log = await readLog(store);
  const last = log.filter(({ values }) => 'loss' in values).slice(-20);
  return {
    model,
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
