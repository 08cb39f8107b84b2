/**
 * The configuration of a run: what was written, or what a run began with, with a person's settings laid over it. What a
 * person should know of it comes back as notes.
 */
import { expected } from '../../math/errors.ts';
import { type TrainConfig, trainConfig } from '../../train/config.ts';
import { withSteps } from '../../train/with-steps.ts';
import { type DataSettings, type NamedPaths, withDataSettings } from './data-settings.ts';
import { withValidation } from './validation-settings.ts';

/** The settings that differ from run to run. */
export interface RunSettings extends DataSettings {
  readonly steps?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly device?: TrainConfig['device'];
  /** What to validate on: a share of the pictures, a folder or a data set; or input, target and masks. */
  readonly validate?: readonly string[];
}

/** A configuration, and what its reader should know of it. */
export interface Configuration {
  readonly config: TrainConfig;
  readonly notes: readonly string[];
}

/** The settings laid over what was written, its data as already settled; the steps are another matter. */
function laidOver(
  written: Readonly<Record<string, unknown>>,
  data: Readonly<Record<string, unknown>>,
  { learningRate, seed, device }: RunSettings,
): Record<string, unknown> {
  const optimiser = { ...(written.optimiser as object | undefined), learningRate };
  return {
    ...written,
    data,
    ...(learningRate !== undefined && { optimiser }),
    ...(seed !== undefined && { seed }),
    ...(device !== undefined && { device }),
  };
}

/**
 * The configuration of a new run.
 *
 * @param json a configuration as a person wrote it, of any type
 * @param where its name, for messages
 * @throws RddmError when the settings contradict each other, or the configuration is wrong with them
 */
export async function newConfiguration(
  json: unknown,
  where: string,
  settings: RunSettings,
  paths: NamedPaths,
): Promise<Configuration> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw expected(where, 'a configuration, an object in JSON', JSON.stringify(json).slice(0, 40));
  }
  const written: Record<string, unknown> = { ...json };
  const { steps } = settings;
  // Judged at its own length where it is to be shorter: what contradicts itself as written is refused as ever.
  if (steps !== undefined && typeof written.steps === 'number' && steps > written.steps) written.steps = steps;
  const { data, notes } = await withDataSettings(written, settings, paths);
  const { validate } = settings;
  if (validate) written.validation = await withValidation(written.validation, validate, data, paths);
  const config = trainConfig(laidOver(written, data, settings), where);
  if (steps === undefined) return { config, notes };
  const { changes, ...shorter } = withSteps(config, steps);
  const note = `${steps} steps in place of ${config.steps}: ${changes.join(', ')}`;
  return { config: shorter.config, notes: changes.length > 0 ? [...notes, note] : notes };
}

/** Refuses settings that a run keeps from its beginning: its data and its seed. @throws RddmError that names the first */
export function checkResumable(settings: RunSettings): void {
  const fixed = ['data', 'clean', 'degrade', 'input', 'target', 'mask', 'exclude', 'seed'] as const;
  const field = fixed.find((name) => settings[name] !== undefined);
  if (field === undefined) return;
  const remedy = 'leave it out, or start a new run';
  throw expected('train', 'the data and the seed that the run began with', `"${field}"`, { remedy, field });
}

/** The validation of a run that goes on. What is held back from its own pictures stays, since the rest is trained on. */
async function resumedValidation(
  { validation, data }: TrainConfig,
  { validate }: RunSettings,
  paths: NamedPaths,
): Promise<object | undefined> {
  if (!validate) return validation;
  const changed = await withValidation(validation, validate, data, paths);
  if (changed.share === validation?.share) return changed;
  const held = validation?.share === undefined ? 'all of its pictures' : `all but a share of ${validation.share}`;
  const remedy =
    changed.share === undefined ? 'leave it out, or start a new run' : 'name other pictures to validate on';
  throw expected('train', `a run that goes on training on ${held}`, validate.join(' '), { remedy, field: 'validate' });
}

/** What a person should know of a change. */
function notesOfChange(stored: TrainConfig, config: TrainConfig): string[] {
  const isMoved = config.device !== stored.device;
  const moved = `warning: the run was on ${stored.device} and goes on on ${config.device}: its bytes will not be those of a run on one device`;
  const following = [
    ...(config.optimiser.decay === 'constant' ? [] : ['the learning rate']),
    ...(config.growth ? ['the size of the squares'] : []),
  ];
  const isOther = config.steps !== stored.steps && following.length > 0;
  const other = `${config.steps} steps in place of ${stored.steps}: from here on the new length decides ${following.join(' and ')}`;
  return [...(isMoved ? [moved] : []), ...(isOther ? [other] : [])];
}

/**
 * The configuration of a run that goes on.
 *
 * @param stored what the run was last on
 * @param where its name, for messages
 * @throws RddmError when the settings change its data or its seed, or the configuration is wrong with them
 */
export async function resumedConfiguration(
  stored: TrainConfig,
  where: string,
  settings: RunSettings,
  paths: NamedPaths,
): Promise<Configuration> {
  checkResumable(settings);
  const { steps = stored.steps } = settings;
  const validation = await resumedValidation(stored, settings, paths);
  const config = trainConfig(
    { ...laidOver(stored, stored.data, settings), steps, ...(validation && { validation }) },
    where,
  );
  return { config, notes: notesOfChange(stored, config) };
}
