/**
 * Weights in a file without a configuration: a `.pt` checkpoint of the reference trainer, or `.safetensors`. What the
 * file tells of its schedule comes along; the network's structure is read off the weights by whoever asks.
 */
import { extname } from 'node:path';
import { readBytes } from '../adapters/node/files/files.ts';
import { toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import { readTorchCheckpoint } from '../checkpoint/torch.ts';
import {
  hasAverage,
  networkWeights,
  plainTensors,
  torchSchedule,
  torchStateDict,
  type WeightsChoice,
} from '../checkpoint/torch-weights.ts';
import { looksLikeZip } from '../checkpoint/zip.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';

/** What a file holds. */
export interface CheckpointFile {
  readonly weights: TensorMap;
  /** Which weights of a checkpoint; undefined for a file that has only one kind. */
  readonly choice?: WeightsChoice;
  readonly step?: number;
  /** What the checkpoint's tables say. */
  readonly schedule: NonNullable<ModelConfigInput['schedule']>;
}

const torchEndings = ['.pt', '.pth', '.ckpt', '.bin'];
const isTorch = (bytes: Uint8Array, path: string): boolean =>
  looksLikeZip(bytes) || torchEndings.includes(extname(path).toLowerCase());

/**
 * Reads a file of weights, executing nothing.
 *
 * @param asked which weights of a checkpoint; by default the averaged ones where there are any
 * @param where who asks, for the message about a file that cannot be read
 * @throws RddmError when the file is missing, damaged or of something else, or has no weights of that kind
 */
export async function readCheckpointFile(
  path: string,
  asked: WeightsChoice | undefined,
  where: string,
): Promise<CheckpointFile> {
  const bytes = await readBytes(path, where);
  if (isTorch(bytes, path)) {
    const checkpoint = readTorchCheckpoint(bytes, path);
    const choice = asked ?? (hasAverage(checkpoint) ? 'ema' : 'model');
    const { step } = checkpoint.entries;
    return {
      weights: torchStateDict(checkpoint, choice),
      choice,
      schedule: torchSchedule(checkpoint, choice),
      ...(typeof step === 'number' && { step }),
    };
  }
  if (asked === 'ema') throw expected(path, 'a checkpoint with averaged weights', 'a file of weights alone');
  return { weights: networkWeights(safetensorsOf(bytes, path), path), schedule: {} };
}

const safetensorsOf = (bytes: Uint8Array, path: string): TensorMap =>
  Object.fromEntries(
    Object.entries(decodeSafetensors(bytes, path).tensors).map(([name, raw]) => [name, toFloat32(raw)]),
  );

/**
 * Every tensor of a file, under the names in it: safetensors, or a state dict of PyTorch.
 *
 * @throws RddmError when the file is missing, damaged or of something else
 */
export async function readTensors(path: string, where: string): Promise<TensorMap> {
  const bytes = await readBytes(path, where);
  return isTorch(bytes, path) ? plainTensors(readTorchCheckpoint(bytes, path)) : safetensorsOf(bytes, path);
}
