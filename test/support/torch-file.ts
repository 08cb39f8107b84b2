/** Files like torch.save's, written by hand: a zip around the small pickler's output. */
import { zipSync } from 'fflate';
import { stridesOf } from '../../src/math/shape.ts';
import type { TensorMap } from '../../src/math/tensor.ts';
import { bytesOf, dump, type Python, stored } from './pickler.ts';

/** A file of torch.save. */
export function archive(
  value: Python,
  storages: Record<string, Uint8Array> = {},
  extra: Record<string, Uint8Array> = {},
): Uint8Array {
  const data = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]));
  const pickle = new Uint8Array(Buffer.from(`\x80\x02${dump(value)}.`, 'latin1'));
  return zipSync(
    { 'archive/data.pkl': pickle, ...extra, ...data, 'archive/version': bytesOf(Uint8Array.of(51, 10)) },
    { level: 0 },
  );
}
/** A state dict of float32 tensors. */
export function stateDictFile(weights: TensorMap): Uint8Array {
  const entries = Object.entries(weights);
  const tensors = entries.map(([name, { shape, data }], i): [string, Python] => [
    name,
    stored('Float', String(i), data.length, [...shape], [...stridesOf(shape)]),
  ]);
  const storages = entries.map(([, { data }], i): [string, Uint8Array] => [String(i), bytesOf(data)]);
  return archive(Object.fromEntries(tensors), Object.fromEntries(storages));
}
