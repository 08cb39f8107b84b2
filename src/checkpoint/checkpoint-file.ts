/**
 * Weights in a file without a configuration: a `.pt` checkpoint of the reference trainer, or `.safetensors`. What the
 * file tells of its schedule comes along; the network's structure is read off the weights by whoever asks.
 */
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';
import { toFloat32 } from './raw-tensor.ts';
import { decodeSafetensors } from './safetensors.ts';
import { readTorchCheckpoint } from './torch.ts';
import {
  hasAverage,
  networkWeights,
  plainTensors,
  torchSchedule,
  torchStateDict,
  type WeightsChoice,
} from './torch-weights.ts';
import { looksLikeZip } from './zip.ts';

/** What a file holds. */
export interface CheckpointFile {
  readonly weights: TensorMap;
  /** Which weights of a checkpoint; undefined for a file that has only one kind. */
  readonly choice?: WeightsChoice;
  readonly step?: number;
  /** What the checkpoint's tables say. */
  readonly schedule: NonNullable<ModelConfigInput['schedule']>;
}

const isTorch = (bytes: Uint8Array, name: string): boolean => looksLikeZip(bytes) || /\.(pt|pth|ckpt|bin)$/i.test(name);

/**
 * Reads a file of weights, executing nothing.
 *
 * @param name of the file, whose ending says what it is; for messages too
 * @param asked which weights of a checkpoint; by default the averaged ones where there are any
 * @throws RddmError when the file is damaged or of something else, or has no weights of that kind
 */
export function decodeCheckpointFile(bytes: Uint8Array, name: string, asked?: WeightsChoice): CheckpointFile {
  if (isTorch(bytes, name)) {
    const checkpoint = readTorchCheckpoint(bytes, name);
    const choice = asked ?? (hasAverage(checkpoint) ? 'ema' : 'model');
    const { step } = checkpoint.entries;
    return {
      weights: torchStateDict(checkpoint, choice),
      choice,
      schedule: torchSchedule(checkpoint, choice),
      ...(typeof step === 'number' && { step }),
    };
  }
  if (asked === 'ema') throw expected(name, 'a checkpoint with averaged weights', 'a file of weights alone');
  return { weights: networkWeights(safetensorsOf(bytes, name), name), schedule: {} };
}

const safetensorsOf = (bytes: Uint8Array, name: string): TensorMap =>
  Object.fromEntries(Object.entries(decodeSafetensors(bytes, name).tensors).map(([key, raw]) => [key, toFloat32(raw)]));

/**
 * Every tensor of a file, under the names in it: safetensors, or a state dict of PyTorch.
 *
 * @throws RddmError when the file is damaged or of something else
 */
export const decodeTensors = (bytes: Uint8Array, name: string): TensorMap =>
  isTorch(bytes, name) ? plainTensors(readTorchCheckpoint(bytes, name)) : safetensorsOf(bytes, name);
