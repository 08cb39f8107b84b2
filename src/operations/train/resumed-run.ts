/**
 * What may change when a run goes on: its length, its learning rate, what it is validated on, where it computes and how
 * often it writes. The rest decides what its steps mean. The run remembers what it was on before.
 */
import { mapPaths } from '../../data/dataset-config.ts';
import { expected } from '../../math/errors.ts';
import { type TrainConfig, trainConfig } from '../../train/config.ts';

/** The fields that say nothing of a step. A share of the pictures that is held back is part of the data's fingerprint. */
const free = ['steps', 'device', 'validation', 'logEvery', 'checkpointEvery', 'sampleEvery', 'workers'] as const;

/** What decides the steps; the pictures may have been moved, since their fingerprint is compared. */
function fixedPart(config: TrainConfig): Readonly<Record<string, unknown>> {
  const { learningRate: _rate, ...optimiser } = config.optimiser;
  const { earlier: _earlier, ...rest } = { ...config, optimiser, data: mapPaths(config.data, () => '') };
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !(free as readonly string[]).includes(name)));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first field in which two values differ, by its path, with both values. */
function difference(
  before: unknown,
  now: unknown,
  path: string,
): [path: string, before: unknown, now: unknown] | undefined {
  if (JSON.stringify(before) === JSON.stringify(now)) return undefined;
  if (!isObject(before) || !isObject(now)) return [path, before, now];
  // A kind decides which other fields there are.
  const names = new Set(['kind', ...Object.keys(before), ...Object.keys(now)]);
  for (const name of names) {
    const found = difference(before[name], now[name], path === '' ? name : `${path}.${name}`);
    if (found) return found;
  }
  return undefined;
}

/** The settings that may change and decide what a step does. */
const settingsOf = ({ steps, optimiser, device }: TrainConfig) => ({
  steps,
  learningRate: optimiser.learningRate,
  device,
});

/**
 * The configuration of a run that goes on, with what it was on before.
 *
 * @param stored what the run was last on
 * @param given what it is to go on with
 * @param step the steps that are done
 * @throws RddmError if a field differs that decides what the steps mean
 */
export function resumedRun(stored: TrainConfig, given: TrainConfig, step: number): TrainConfig {
  // A caller need not know how the run began.
  const { init: _, ...rest } = given;
  const whole: TrainConfig = { ...rest, ...(stored.init && { init: stored.init }) };
  const found = difference(fixedPart(stored), fixedPart(whole), '');
  if (found) {
    const [path, before, now] = found;
    const what = `"${path}" as the run began, ${JSON.stringify(before) ?? 'none'}`;
    throw expected('train', what, JSON.stringify(now) ?? 'none', 'leave it, or start a new run');
  }
  const { earlier = [] } = stored;
  const [was, is] = [settingsOf(stored), settingsOf(given)];
  const isChanged = JSON.stringify(was) !== JSON.stringify(is) && (earlier.at(-1)?.until ?? 0) < step;
  const all = isChanged ? [...earlier, { until: step, ...was }] : earlier;
  return trainConfig({ ...whole, ...(all.length > 0 && { earlier: all }) }, 'train');
}
