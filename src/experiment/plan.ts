/**
 * From an experiment's words to a model that can be trained or found: the setting with the differences laid over it.
 * What decides the weights is its identity; experiments that name the same share the model.
 */
import { expected } from '../math/errors.ts';
import { validated } from '../math/validate.ts';
import { type TrainConfig, trainConfigSchema } from '../train/config.ts';
import { canonicalJson, type Json, merged } from './canonical.ts';
import type { Experiment, Setting } from './experiment.ts';

/** A model of an experiment. */
export interface PlannedModel {
  readonly name: string;
  /** The setting's file name. */
  readonly settingName: string;
  readonly setting: Setting;
  /** Complete; paths as the setting has them. */
  readonly config: TrainConfig;
  /** What decides the weights, as text. Models of the same share theirs; other words for the same train once more. */
  readonly identity: string;
}

/** Members that decide how a run is watched and where, not what it learns: devices differ by rounding. */
const watching = { logEvery: null, checkpointEvery: null, sampleEvery: null, workers: null, device: null };

/** The setting of a name. */
export function settingOf(settings: ReadonlyMap<string, Setting>, name: string, where: string): Setting {
  const setting = settings.get(name);
  if (!setting) throw expected(where, `one of the settings ${[...settings.keys()].join(', ')}`, name);
  return setting;
}

/**
 * Completes a model of an experiment.
 *
 * @throws RddmError when the setting is missing, or setting and differences make no valid training configuration
 */
export function planModel(experiment: Experiment, name: string, settings: ReadonlyMap<string, Setting>): PlannedModel {
  const where = `experiment ${experiment.id}`;
  const { setting: settingName, training, change, again } = experiment.models[name];
  const setting = settingOf(settings, settingName, where);
  if (training !== undefined && !(training in setting.trainings)) {
    const there = Object.keys(setting.trainings).join(', ') || 'none';
    throw expected(`${where}, model ${name}`, `a training of the setting "${settingName}" (${there})`, training);
  }
  // In turn: laid over one another first, a null would take away a change instead of what it changes.
  const changes = [change, training === undefined ? {} : setting.trainings[training], again];
  const train = changes.reduce<Json>(merged, setting.train);
  const decisive = merged(train, watching);
  return {
    name,
    settingName,
    setting,
    config: validated(trainConfigSchema, train, `${where}, model ${name}`),
    // The words, not the completed configuration: a default that is added later retrains nothing.
    identity: canonicalJson({ train: decisive, withhold: setting.withhold } satisfies Json),
  };
}
