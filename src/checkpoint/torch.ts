/**
 * Reads PyTorch checkpoints (torch.save since 1.6: a zip with a pickle and one file per storage; before: all in
 * sequence), so that networks trained with the reference implementation load here. Nothing in the pickle is executed:
 * it may name the few globals below, each of which is a function of this file. Tensors are read only when needed.
 * TorchScript, sparse and quantised tensors are refused with a sentence.
 */
import { expected } from '../math/errors.ts';
import { elementCount, type Shape, stridesOf } from '../math/shape.ts';
import {
  isPickleDict,
  newPickleDict,
  type PickleDict,
  type PickleGlobal,
  type PickleRules,
  setPickleItem,
  unpickle,
  unpickleAt,
} from './pickle.ts';
import { bytesPerElement, type Dtype, decodeElements, type RawData, type RawTensor } from './raw-tensor.ts';
import { looksLikeZip, readZip } from './zip.ts';

/** A tensor of a checkpoint, still in the file. */
export interface TorchTensor {
  readonly kind: 'torch-tensor';
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** The values in row-major order, copied from the file. @throws RddmError if the file is damaged there */
  readonly read: () => RawTensor;
}

/** The object passed to torch.save. */
export interface TorchCheckpoint {
  /** The file's name, for messages. */
  readonly where: string;
  /** Dictionaries (without prototype), arrays, numbers, text, and {@link TorchTensor}s. */
  readonly entries: PickleDict;
}

interface Storage {
  readonly kind: 'torch-storage';
  readonly dtype: Dtype;
  readonly count: number;
  readonly bytes: () => Uint8Array;
}

const storageTypes: Readonly<Record<string, Dtype>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

/** The magic number of files before PyTorch 1.6. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;

/** Recognises our own objects: a dictionary from the file may claim to be anything. */
const hasKind = (value: unknown, kind: string): boolean =>
  typeof value === 'object' && value !== null && !isPickleDict(value) && (value as { kind?: unknown }).kind === kind;
const isStorage = (value: unknown): value is Storage => hasKind(value, 'torch-storage');
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);

/** Whether an entry of a checkpoint is a tensor. */
export const isTorchTensor = (value: unknown): value is TorchTensor => hasKind(value, 'torch-tensor');

/** More elements than any checkpoint has; with stride 0 a tiny file could claim any number. */
const mostElements = 2 ** 31;

/** The row-major values of a strided view. */
function gather(values: RawData, offset: number, shape: Shape, strides: readonly number[]): RawData {
  const count = elementCount(shape);
  const result = new (values.constructor as new (length: number) => RawData)(count);
  const index = new Array<number>(shape.length).fill(0);
  let source = offset;
  for (let i = 0; i < count; i++) {
    result[i] = values[source] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** Axes of size 1 may have any stride. */
const isContiguous = (shape: Shape, strides: readonly number[]): boolean =>
  stridesOf(shape).every((stride, axis) => shape[axis] === 1 || strides[axis] === stride);

function readStrided(
  bytes: Uint8Array,
  dtype: Dtype,
  shape: Shape,
  offset: number,
  strides: readonly number[],
): RawTensor {
  const size = bytesPerElement(dtype);
  const count = elementCount(shape);
  if (count === 0) return { dtype, shape, data: decodeElements(dtype, new Uint8Array(0)) };
  if (!isContiguous(shape, strides)) {
    return { dtype, shape, data: gather(decodeElements(dtype, bytes), offset, shape, strides) };
  }
  // Copied even if aligned, so that one tensor does not keep a file of gigabytes in memory.
  const own = new Uint8Array(bytes.subarray(offset * size, (offset + count) * size));
  return { dtype, shape, data: decodeElements(dtype, own) };
}

/** Returns a reader of a storage of `count` elements; `undefined` if the file has fewer under that key. */
type OpenStorage = (key: string, count: number, dtype: Dtype) => (() => Uint8Array) | undefined;

/** The globals of a checkpoint of plain tensors, and what they do here. */
function torchRules(openStorage: OpenStorage): PickleRules {
  const globals = new Map<string, PickleGlobal>();
  const define = (name: string, call?: PickleGlobal['call']) =>
    globals.set(name, { kind: 'pickle-global', name, ...(call && { call }) });
  for (const name of Object.keys(storageTypes)) define(name);

  define('collections.OrderedDict', (args) => {
    const pairs = args[0] ?? [];
    const dict = newPickleDict();
    const isPairs =
      args.length <= 1 && Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
    return isPairs && pairs.every(([key, value]) => setPickleItem(dict, key, value)) ? dict : undefined;
  });
  define('torch.Size', ([sizes]) => (isCounts(sizes) ? sizes : undefined));
  define('torch._utils._rebuild_parameter', ([data]) => (isTorchTensor(data) ? data : undefined));
  define('torch._utils._rebuild_tensor_v2', ([storage, offset, shape, strides]): TorchTensor | undefined => {
    if (!isStorage(storage) || !isCounts([offset]) || !isCounts(shape) || !isCounts(strides)) return undefined;
    const { dtype, count, bytes } = storage;
    const start = offset as number;
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], start);
    const isWithin = shape.includes(0) ? start <= count : last < count;
    if (shape.length !== strides.length || !isWithin || elementCount(shape) > mostElements) return undefined;
    const read = () => readStrided(bytes(), dtype, shape, start, strides);
    return { kind: 'torch-tensor', dtype, shape, read };
  });

  return {
    globals,
    remedy:
      'if you trust the file, load it in PyTorch and save only its weights: torch.save({"model": model.state_dict()}, path)',
    persistent: (identity) => {
      const [kind, type, key, , count, view] = Array.isArray(identity) ? identity : [];
      const dtype = hasKind(type, 'pickle-global') ? storageTypes[(type as PickleGlobal).name] : undefined;
      if (kind !== 'storage' || typeof key !== 'string' || !dtype || !isCounts([count]) || view) return undefined;
      const bytes = openStorage(key, count, dtype);
      return bytes && ({ kind: 'torch-storage', dtype, count, bytes } satisfies Storage);
    },
  };
}

/**
 * Reads a PyTorch checkpoint without executing anything in it.
 *
 * @param bytes the whole file; it must not change while tensors are read
 * @param where the file's name, for messages
 * @throws RddmError if the file is of another kind (TorchScript, not a dictionary), is truncated or damaged, or names a
 *   global that a checkpoint of plain tensors does not need
 *
 * @example
 * ```ts
 * import { readTorchCheckpoint } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.throws(() => readTorchCheckpoint(Uint8Array.of(1, 2), 'other.pt'), /not a zip archive/);
 * ```
 */
export function readTorchCheckpoint(bytes: Uint8Array, where: string): TorchCheckpoint {
  if (!looksLikeZip(bytes)) {
    if (bytes[0] === 0x80 && bytes[1] <= 5) return readLegacy(bytes, where);
    throw expected(where, 'a PyTorch checkpoint', 'a file that is not a zip archive', 'check the path');
  }
  const files = readZip(bytes, where);
  const pickle = [...files.values()].find(({ name }) => /^([^/]*\/)?data\.pkl$/.test(name));
  if (!pickle) throw expected(where, 'a PyTorch checkpoint', 'a zip archive without data.pkl', 'check the path');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (files.has(`${folder}constants.pkl`)) {
    const remedy = 'in Python save the weights: torch.save(torch.jit.load(path).state_dict(), other_path)';
    throw expected(where, 'a checkpoint of torch.save', 'a TorchScript archive of torch.jit.save', remedy);
  }
  const order = files.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order.read()) !== 'little') {
    throw expected(where, 'little-endian values', 'big-endian ones', 'save the checkpoint on a little-endian machine');
  }
  const rules = torchRules((key, count, dtype) => {
    const file = files.get(`${folder}data/${key}`);
    const size = count * bytesPerElement(dtype);
    return file && file.size >= size ? () => file.read().subarray(0, size) : undefined;
  });
  return checkpointOf(unpickle(pickle.read(), rules, where), where);
}

/**
 * The format before PyTorch 1.6, which weights published at that time still have: pickles of a magic number, a version,
 * the sizes of types, the object, and the keys of its storages, then each storage after its number of elements.
 */
function readLegacy(bytes: Uint8Array, where: string): TorchCheckpoint {
  const storages = new Map<string, { readonly count: number; readonly size: number }>();
  const places = new Map<string, number>();
  const rules = torchRules((key, count, dtype) => {
    const size = count * bytesPerElement(dtype);
    const known = storages.get(key);
    if (known && (known.count !== count || known.size !== size)) return undefined;
    storages.set(key, { count, size });
    return () => {
      const start = places.get(key) as number;
      return bytes.subarray(start, start + size);
    };
  });
  const damaged = () =>
    expected(where, 'a complete PyTorch checkpoint', 'one that is truncated or damaged', 'copy or download it again');
  const values: unknown[] = [];
  let at = 0;
  for (let pickle = 0; pickle < 5; pickle++) {
    const { value, end } = unpickleAt(bytes, at, rules, where);
    values.push(value);
    at = end;
    if (pickle === 0 && value !== legacyMagic) {
      throw expected(where, 'a PyTorch checkpoint', 'a pickle of something else', 'check the path');
    }
  }
  const [, , system, entries, keys] = values;
  if (!isPickleDict(system) || system.little_endian !== true) {
    throw expected(where, 'little-endian values', 'other ones', 'save the checkpoint on a little-endian machine');
  }
  if (!Array.isArray(keys)) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage || at + 8 + storage.size > bytes.length) throw damaged();
    // The count must match the object's, or the next storage would be read from the middle of this one.
    if (view.getBigUint64(at, true) !== BigInt(storage.count)) throw damaged();
    places.set(key, at + 8);
    at += 8 + storage.size;
  }
  if ([...storages.keys()].some((key) => !places.has(key))) throw damaged();
  return checkpointOf(entries, where);
}

function checkpointOf(entries: unknown, where: string): TorchCheckpoint {
  if (!isPickleDict(entries)) {
    throw expected(where, 'a checkpoint that is a dictionary', 'another value', 'save a state dict, or {"model": …}');
  }
  return { where, entries };
}
