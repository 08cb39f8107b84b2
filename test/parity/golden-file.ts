/**
 * A golden safetensors file, read by name with its settings. Settings are asked for, never assumed:
 * a missing one is an error of the case, except where the golden README states a default.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RawTensor } from '../../src/checkpoint/raw-tensor.ts';
import { toFloat32 } from '../../src/checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../../src/checkpoint/safetensors.ts';
import { expected } from '../../src/math/errors.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';

export interface GoldenFile {
  readonly name: string;
  readonly path: string;
  /** Names of all tensors, in the order of the file. */
  readonly tensors: readonly string[];
  has(tensor: string): boolean;
  tensor(name: string): Tensor;
  /** Float64 values of any element type. */
  numbers(name: string): Float64Array;
  /** All tensors under a prefix, without it. */
  under(prefix: string): TensorMap;
  text(setting: string): string;
  optional(setting: string): string | undefined;
  number(setting: string): number;
  numberOr(setting: string, fallback: number): number;
  list(setting: string): number[];
}

export function readGolden(path: string): GoldenFile {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const raw = (name: string): RawTensor => {
    const found = tensors[name];
    if (!found) throw expected(basename(path), `a tensor "${name}"`, 'none');
    return found;
  };
  const text = (setting: string): string => {
    const found = metadata[setting];
    if (found === undefined) throw expected(basename(path), `a setting "${setting}"`, 'none');
    return found;
  };
  const number = (setting: string): number => {
    const value = Number(text(setting));
    if (Number.isNaN(value)) throw expected(basename(path), `a number as "${setting}"`, text(setting));
    return value;
  };
  return {
    name: basename(path),
    path,
    tensors: Object.keys(tensors),
    has: (name) => name in tensors,
    tensor: (name) => toFloat32(raw(name)),
    numbers: (name) => Float64Array.from(raw(name).data as unknown as number[], Number),
    under: (prefix) =>
      Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, value]) => [name.slice(prefix.length), toFloat32(value)]),
      ),
    text,
    optional: (setting) => metadata[setting],
    number,
    numberOr: (setting, fallback) => (setting in metadata ? number(setting) : fallback),
    list: (setting) => JSON.parse(text(setting)) as number[],
  };
}

/** Entry `index` of the first axis. */
export function entry({ shape, data }: Tensor, index: number): Tensor {
  const size = data.length / shape[0];
  return { shape: shape.slice(1), data: data.slice(index * size, (index + 1) * size) };
}

/** The U-Net's sizes in a golden file; group norms have 8 groups unless it says otherwise. */
export const unetSizes = (golden: GoldenFile) => ({
  dim: golden.number('dim'),
  multipliers: golden.list('dim_mults'),
  groups: golden.numberOr('groups', golden.numberOr('resnet_block_groups', 8)),
});

/** `l1` or `l2`, from the sentence that describes the loss. */
export function lossKind(golden: GoldenFile): 'l1' | 'l2' {
  const sentence = golden.text('loss');
  if (/absolute|\bl1\b/i.test(sentence)) return 'l1';
  if (/square|\bl2\b|\bmse\b/i.test(sentence)) return 'l2';
  throw expected(golden.name, 'a loss of absolute or squared errors', sentence);
}
