/**
 * From an experiment's description to a model that can be trained or found: the setting with the differences applied.
 * What determines the weights is the model's identity; experiments that name the same one share the model.
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
  /** Complete, with the setting's paths. */
  readonly config: TrainConfig;
  /**
   * What determines the weights, as text. Equal texts share weights; the same thing in other words is trained again.
   */
  readonly identity: string;
}

/** Members that decide how and where a run is watched, not what it learns: devices differ only by rounding. */
const watching = { logEvery: null, checkpointEvery: null, sampleEvery: null, workers: null, device: null };

/** The setting with a name. */
export function settingOf(settings: ReadonlyMap<string, Setting>, name: string, where: string): Setting {
  const setting = settings.get(name);
  if (!setting) throw expected(where, `one of the settings ${[...settings.keys()].join(', ')}`, name);
  return setting;
}

/**
 * Completes one model of an experiment.
 *
 * @throws RddmError if the setting is missing, or setting and differences make no valid training configuration
 */
export function planModel(experiment: Experiment, name: string, settings: ReadonlyMap<string, Setting>): PlannedModel {
  const where = `experiment ${experiment.id}`;
  const { setting: settingName, training, change, again } = experiment.models[name];
  const setting = settingOf(settings, settingName, where);
  if (training !== undefined && !(training in setting.trainings)) {
    const there = Object.keys(setting.trainings).join(', ') || 'none';
    throw expected(`${where}, model ${name}`, `a training of the setting "${settingName}" (${there})`, training);
  }
  // One after another: if changes were merged first, a null would remove a change instead of its target.
  const changes = [change, training === undefined ? {} : setting.trainings[training], again];
  const train = changes.reduce<Json>(merged, setting.train);
  const decisive = merged(train, watching);
  return {
    name,
    settingName,
    setting,
    config: validated(trainConfigSchema, train, `${where}, model ${name}`),
    // The configuration as written, not completed: a default that is added later retrains nothing.
    identity: canonicalJson({ train: decisive, withhold: setting.withhold } satisfies Json),
  };
}
