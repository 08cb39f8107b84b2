/**
 * The models of experiments: trained once, in a folder named by what decides their weights, and found there by every
 * experiment that names the same. A training that was stopped goes on where it was.
 */
import { basename, join } from 'node:path';
import type { Model } from '../../../checkpoint/model-directory.ts';
import type { PlannedModel } from '../../../experiment/plan.ts';
import type { TrainedModel } from '../../../experiment/result.ts';
import { expected } from '../../../math/errors.ts';
import { elementCount } from '../../../math/shape.ts';
import { modelParameters } from '../../../model/networks.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import type { TrainConfig } from '../../../train/config.ts';
import { loadModel } from '../files.ts';
import { listImages } from '../images.ts';
import { hasRun, mapPaths } from '../run-config.ts';
import { readRunLog } from '../run-log.ts';
import { runTraining } from '../training-run.ts';
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
  const pictures = await listImages(cleanFolder(source));
  const exclude = pictures.slice(-setting.withhold).map((path) => basename(path));
  return { ...config, data: { ...source, exclude } };
}

/** What a training that has ended left in a folder: a model, or none where an objective to choose was never chosen. */
interface FinishedTraining {
  readonly model: Model | undefined;
}

async function finishedTraining(
  folder: string,
  { steps, objective }: TrainConfig,
): Promise<FinishedTraining | undefined> {
  const model = await loadModel(join(folder, 'model')).catch(() => undefined);
  if (model?.config.training?.steps === steps) return { model };
  if (objective === 'model' || !hasRun(folder)) return undefined;
  const log = await readRunLog(folder);
  return log.at(-1)?.step === steps ? { model: undefined } : undefined;
}

/** A training that has ended. */
export interface ReadyModel extends FinishedTraining {
  readonly key: string;
  readonly trained: TrainedModel;
}

/** Its model. @throws RddmError where there is none */
export function modelOf({ model, key }: ReadyModel): Model {
  if (model) return model;
  throw expected('experiment', 'a training that chose an objective', `none in ${key}`, 'give it more steps');
}

/** Whether a model is there, trained to its end. */
export const isTrained = async (planned: PlannedModel, place: Place): Promise<boolean> =>
  (await finishedTraining(modelFolder(place, keyOf(planned.identity)), planned.config)) !== undefined;

/**
 * Finds a model, or trains it; stopping keeps what was learnt.
 *
 * @throws the reason of `signal` when it is aborted before the training has ended
 */
export async function* ensureModel(
  planned: PlannedModel,
  place: Place,
  runtime: Runtime,
  signal: AbortSignal,
): AsyncGenerator<TrainingProgress, ReadyModel> {
  const { name, config, identity, settingName } = planned;
  const key = keyOf(identity);
  const folder = modelFolder(place, key);
  let finished = await finishedTraining(folder, config);
  if (!finished) {
    const mode = hasRun(folder) ? 'resume' : 'new';
    const run = { config: await placed(planned, place), directory: folder, runtime, mode, signal } as const;
    for await (const event of runTraining(run)) {
      if (event.kind === 'step') {
        yield { kind: 'training', model: name, step: event.step, steps: config.steps, loss: event.loss };
      }
    }
    signal.throwIfAborted();
    finished = await finishedTraining(folder, config);
  }
  const log = await readRunLog(folder);
  const last = log.filter(({ values }) => 'loss' in values).slice(-20);
  const { model } = finished ?? {};
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
      train: JSON.parse(JSON.stringify(config)),
    },
  };
}
