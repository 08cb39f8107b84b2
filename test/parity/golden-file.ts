/**
 * A golden safetensors file, read by name with its settings. Settings are always read, never assumed: a missing one is
 * an error of the case, unless the golden README states a default. Unread settings and tensors are recorded too, so
 * that none is silently skipped.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RawTensor } from '../../src/checkpoint/raw-tensor.ts';
import { toFloat32 } from '../../src/checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../../src/checkpoint/safetensors.ts';
import { expected } from '../../src/math/errors.ts';
import type { Shape } from '../../src/math/shape.ts';
import type { Tensor, TensorMap } from '../../src/math/tensor.ts';

export interface GoldenFile {
  readonly name: string;
  readonly path: string;
  /** Names of all tensors, in the order of the file. */
  readonly tensors: readonly string[];
  has(tensor: string): boolean;
  tensor(name: string): Tensor;
  shape(name: string): Shape;
  /** Float64 values of any element type. */
  numbers(name: string): Float64Array;
  /** All tensors under a prefix, without it. */
  under(prefix: string): TensorMap;
  text(setting: string): string;
  optional(setting: string): string | undefined;
  number(setting: string): number;
  numberOr(setting: string, fallback: number): number;
  list(setting: string): number[];
  /** A setting that is written as JSON. */
  json(setting: string): unknown;
  /** Settings and tensors that nothing has read, except those without meaning. */
  unread(): string[];
}

/** Settings that only describe the tensors or the file itself. */
const describing = new Set([
  ...['trajectory', 'in_channels', 'note', 'how', 'range', 'batch', 'image_size'],
  // What formula-weights.ts computes, and the origin of the values.
  ...['weight_formula', 'names', 'network', 'reference', 'low_contrast'],
  // What README-networks.md specifies in words for LPIPS, Inception and Fréchet distances.
  ...[
    'heads',
    'heads_licence',
    'input',
    'resize',
    'scaling',
    'resized_corner',
    'resized_far_corner',
    'features',
    'logits',
  ],
  ...['frechet_distance', 'frechet_distance_eigenvalues', 'few', 'inception_score'],
]);

export function readGolden(path: string): GoldenFile {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const asked = new Set<string>();
  const seen = new Set<string>();
  const raw = (name: string): RawTensor => {
    const found = tensors[name];
    if (!found) throw expected(basename(path), `a tensor "${name}"`, 'none');
    seen.add(name);
    return found;
  };
  const optional = (setting: string): string | undefined => {
    asked.add(setting);
    return metadata[setting];
  };
  const text = (setting: string): string => {
    const found = optional(setting);
    if (found === undefined) throw expected(basename(path), `a setting "${setting}"`, 'none');
    return found;
  };
  const number = (setting: string): number => {
    const value = Number(text(setting));
    if (Number.isNaN(value) || text(setting).trim() === '')
      throw expected(basename(path), `a number as "${setting}"`, text(setting));
    return value;
  };
  return {
    name: basename(path),
    path,
    tensors: Object.keys(tensors),
    has: (name) => name in tensors,
    tensor: (name) => toFloat32(raw(name)),
    shape: (name) => raw(name).shape,
    numbers: (name) => Float64Array.from(raw(name).data as unknown as number[], Number),
    under: (prefix) =>
      Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name]) => [name.slice(prefix.length), toFloat32(raw(name))]),
      ),
    text,
    optional,
    number,
    numberOr: (setting, fallback) => (optional(setting) === undefined ? fallback : number(setting)),
    // Python prints tuples in parentheses.
    list: (setting) =>
      JSON.parse(
        text(setting)
          .replace('(', '[')
          .replace(/,?\s*\)/, ']'),
      ) as number[],
    json: (setting) => {
      try {
        return JSON.parse(text(setting)) as unknown;
      } catch {
        throw expected(basename(path), `JSON as "${setting}"`, text(setting));
      }
    },
    unread: () => [
      ...Object.keys(metadata)
        .filter((setting) => !asked.has(setting) && !describing.has(setting))
        .map((setting) => `setting "${setting}": ${metadata[setting]}`),
      // One line per kind of tensor.
      ...new Set(
        Object.keys(tensors)
          .filter((name) => !seen.has(name))
          .map((name) => `tensor ${name.replace(/\/.*/, '/…')}`),
      ),
    ],
  };
}

/** Entry `index` of the first axis. */
export function entry({ shape, data }: Tensor, index: number): Tensor {
  const size = data.length / shape[0];
  return { shape: shape.slice(1), data: data.slice(index * size, (index + 1) * size) };
}

/** The limit of a result: a few times the difference between float32 and float64 that the file states. */
export function roundingLimit(golden: GoldenFile, quantity: string): number {
  const differences = golden.json('float64_difference') as Readonly<Record<string, number>>;
  if (!(differences[quantity] > 0)) throw expected(golden.name, `a float64_difference of "${quantity}"`, 'none');
  return 5 * differences[quantity];
}

/** The U-Net's sizes in a golden file; group norms have 8 groups unless the file says otherwise. */
export const unetSizes = (golden: GoldenFile) => ({
  dim: golden.number('dim'),
  multipliers: golden.list('dim_mults'),
  groups: golden.numberOr('groups', golden.numberOr('resnet_block_groups', 8)),
});

/** `l1` or `l2`, from the sentence about the loss. */
export function lossKind(golden: GoldenFile): 'l1' | 'l2' {
  const sentence = golden.text('loss');
  const isL1 = /absolute|\bl1(?![a-z\d])|\bmae\b/i.test(sentence);
  const isL2 = /square|\bl2(?![a-z\d])|\bmse\b/i.test(sentence);
  if (isL1 !== isL2 && !/smooth|huber/i.test(sentence)) return isL1 ? 'l1' : 'l2';
  throw expected(golden.name, 'a loss of absolute or squared errors', sentence);
}
