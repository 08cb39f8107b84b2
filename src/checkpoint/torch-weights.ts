/**
 * Finds the U-Net's weights in a checkpoint of the reference trainer, {step, model, opt, ema, scaler?}, or in a plain
 * state dict. Names lose the wrappers around the network, and the diffusion's schedule tables are left out; the only
 * thing read from those tables is the schedule they describe.
 */
import { ddimKinds } from '../diffusion/ddim.ts';
import type { Course } from '../diffusion/power-curve.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';
import { isPickleDict, type PickleDict } from './pickle.ts';
import { toFloat32 } from './raw-tensor.ts';
import { isTorchTensor, type TorchCheckpoint, type TorchTensor } from './torch.ts';

/** The trained weights, or their exponential moving average, which the paper's results use. */
export type WeightsChoice = 'model' | 'ema';

const wrappers = /^(?:ema_model|online_model|module|model|_orig_mod)\./;

function withoutWrappers(name: string): string {
  let bare = name;
  while (wrappers.test(bare)) bare = bare.replace(wrappers, '');
  return bare;
}

/**
 * Weights under the names of the reference's U-Nets: `unet0.…` and `unet1.…`, or no prefix for the shared encoder.
 * Strips wrappers (`model.`, `ema_model.`, `module.` …), gives a single U-Net without prefix the prefix `unet0.`, and
 * leaves out what belongs to no layer (the diffusion's tables, counters).
 *
 * @throws RddmError if two entries end up with one name
 *
 * @example
 * ```ts
 * import { networkWeights } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(networkWeights({ 'model.unet0.init_conv.bias': 1, alphas: 2 }, 'example'), { 'unet0.init_conv.bias': 1 });
 * ```
 */
export function networkWeights<T>(named: Readonly<Record<string, T>>, where: string): Record<string, T> {
  const bare = Object.entries(named).map(([name, value]) => [withoutWrappers(name), value] as const);
  // Parameters belong to a layer; the diffusion's own tables (alphas, betas2_cumsum, …) to none.
  const weights = bare.filter(([name]) => name.includes('.'));
  const isLoneUnet = weights.every(([name]) => !/^(?:unet\d+|ups_no_skip)\./.test(name));
  const result = new Map<string, T>();
  for (const [name, value] of weights) {
    const full = isLoneUnet ? `unet0.${name}` : name;
    if (result.has(full)) throw expected(where, 'one network', `two tensors named ${full}`, 'save only one state dict');
    result.set(full, value);
  }
  return Object.fromEntries(result);
}

const hasTensors = (value: unknown): value is PickleDict =>
  isPickleDict(value) && Object.values(value).some(isTorchTensor);

/** The tensors of the chosen state dict under their names in the file, including wrappers and tables. */
function stateDict({ where, entries }: TorchCheckpoint, which: WeightsChoice): Record<string, TorchTensor> {
  const found = which === 'ema' ? entries.ema : [entries.model, entries.state_dict, entries].find(hasTensors);
  if (!hasTensors(found)) {
    const got = Object.keys(entries).slice(0, 8).join(', ') || 'an empty dictionary';
    if (which === 'ema') {
      throw expected(where, 'an averaged model under "ema"', got, {
        remedy: 'take the weights "model"',
        field: 'weights',
      });
    }
    throw expected(where, 'a state dict, alone or under "model"', got, 'this is not a checkpoint of a network');
  }
  let tensors = Object.entries(found).filter((entry): entry is [string, TorchTensor] => isTorchTensor(entry[1]));
  // The reference's averager saves the averaged model beside the one it follows.
  if (tensors.some(([name]) => name.startsWith('ema_model.'))) {
    tensors = tensors.filter(([name]) => name.startsWith('ema_model.'));
  }
  return Object.fromEntries(tensors);
}

/** Whether a checkpoint holds averaged weights. */
export const hasAverage = ({ entries }: TorchCheckpoint): boolean => hasTensors(entries.ema);

/**
 * The U-Net's weights in a PyTorch checkpoint, as float32 under the names of {@link networkWeights}.
 *
 * @param which the trained weights, or their moving average
 * @throws RddmError if the checkpoint has none of that kind, or is damaged there
 */
export function torchStateDict(checkpoint: TorchCheckpoint, which: WeightsChoice): TensorMap {
  const weights = networkWeights(stateDict(checkpoint, which), checkpoint.where);
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, toFloat32(tensor.read())]));
}

/** Every tensor of a plain state dict as float32, under its name in the file. */
export const plainTensors = (checkpoint: TorchCheckpoint): TensorMap =>
  Object.fromEntries(
    Object.entries(stateDict(checkpoint, 'model')).map(([name, tensor]) => [name, toFloat32(tensor.read())]),
  );

type ScheduleInput = NonNullable<ModelConfigInput['schedule']>;

/**
 * The schedule that the reference's tables describe: T, the noise strength β̄_T², and either the courses of α and β²,
 * if they are the reference's power schedules ∝ T, T − 1, …, 1 (decreasing), ∝ 1, …, T (increasing) or constant, or the
 * DDIM schedule that they are converted from. Only T if neither fits, and nothing if the checkpoint has no tables.
 */
export function torchSchedule(checkpoint: TorchCheckpoint, which: WeightsChoice): ScheduleInput {
  const named = Object.entries(stateDict(checkpoint, which)).map(([name, value]) => [withoutWrappers(name), value]);
  const tables: Partial<Record<string, TorchTensor>> = Object.fromEntries(named);
  const { alphas, betas2 } = tables;
  if (alphas?.shape.length !== 1 || betas2?.shape[0] !== alphas.shape[0] || alphas.shape[0] < 2) return {};
  const [alpha, beta] = [alphas, betas2].map((table) => toFloat32(table.read()).data);
  return powerSchedule(alpha, beta) ?? ddimSchedule(alpha, beta) ?? { timesteps: alpha.length };
}

function powerSchedule(alphas: Float32Array, betas2: Float32Array): ScheduleInput | undefined {
  const [alpha, beta] = [courseOf(alphas), courseOf(betas2)];
  if (!alpha || !beta || Math.abs(alpha.sum - 1) > 1e-4) return undefined;
  // The tables are float32: 0.01 is read as 0.00999998.
  const noiseStrength = Number(beta.sum.toPrecision(4));
  return { kind: 'power', timesteps: alphas.length, alpha: alpha.course, beta: beta.course, noiseStrength };
}

function ddimSchedule(alphas: Float32Array, betas2: Float32Array): ScheduleInput | undefined {
  const timesteps = alphas.length;
  const kind = ddimKinds.find((name) => {
    const { alpha, betaSquared } = createSchedule({ kind: name, timesteps });
    // The reference saves 0 for the first entries.
    return follows(alphas, (i) => alpha[i], 1) && follows(betas2, (i) => betaSquared[i], 1);
  });
  return kind && { kind, timesteps, noiseStrength: 1 };
}

const sumOf = (speeds: Float32Array): number => speeds.reduce((total, speed) => total + speed, 0);

/** Whether speeds match the wanted ones, to a hundredth of their mean. */
const follows = (speeds: Float32Array, wanted: (i: number) => number, from = 0): boolean => {
  const tolerance = (1e-2 * sumOf(speeds)) / speeds.length;
  return speeds.every((speed, i) => i < from || Math.abs(speed - wanted(i)) <= tolerance);
};

function courseOf(speeds: Float32Array): { course: Course; sum: number } | undefined {
  const count = speeds.length;
  const sum = sumOf(speeds);
  const shares: Record<Course, (i: number) => number> = {
    increasing: (i) => (2 * (i + 1)) / (count * (count + 1)),
    decreasing: (i) => (2 * (count - i)) / (count * (count + 1)),
    mean: () => 1 / count,
  };
  const course = (Object.keys(shares) as Course[]).find((name) => follows(speeds, (i) => sum * shares[name](i)));
  return course && { course, sum };
}
