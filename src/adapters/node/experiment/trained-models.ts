/**
 * The models of experiments: trained once, in a folder named by what decides their weights, and found there by every
 * experiment that names the same. A training that was stopped goes on where it was.
 */
import { basename, join } from 'node:path';
import type { Model } from '../../../checkpoint/model-directory.ts';
import type { PlannedModel } from '../../../experiment/plan.ts';
import type { TrainedModel } from '../../../experiment/result.ts';
import { elementCount } from '../../../math/shape.ts';
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
export function cleanFolder(data: TrainConfig['data']): string {
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

/** The model in a folder, when its training has ended. */
async function finishedModel(folder: string, steps: number): Promise<Model | undefined> {
  const model = await loadModel(join(folder, 'model')).catch(() => undefined);
  return model?.config.training?.steps === steps ? model : undefined;
}

/** A model, and how it came about. */
export interface ReadyModel extends Model {
  readonly key: string;
  readonly trained: TrainedModel;
}

/** Whether a model is there, trained to its end. */
export const isTrained = async (planned: PlannedModel, place: Place): Promise<boolean> =>
  (await finishedModel(modelFolder(place, keyOf(planned.identity)), planned.config.steps)) !== undefined;

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
  let model = await finishedModel(folder, config.steps);
  if (!model) {
    const mode = hasRun(folder) ? 'resume' : 'new';
    const run = { config: await placed(planned, place), directory: folder, runtime, mode, signal } as const;
    for await (const event of runTraining(run)) {
      if (event.kind === 'step') {
        yield { kind: 'training', model: name, step: event.step, steps: config.steps, loss: event.loss };
      }
    }
    signal.throwIfAborted();
    model = await loadModel(join(folder, 'model'));
  }
  const log = await readRunLog(folder);
  const last = log.filter(({ values }) => 'loss' in values).slice(-20);
  return {
    ...model,
    key,
    trained: {
      key,
      setting: settingName,
      steps: config.steps,
      parameters: Object.values(model.weights).reduce((sum, { shape }) => sum + elementCount(shape), 0),
      seconds: log.at(-1)?.seconds ?? 0,
      loss: last.reduce((sum, { values }) => sum + Number(values.loss), 0) / last.length,
      train: JSON.parse(JSON.stringify(config)),
    },
  };
}
