/**
 * Reads the checkpoints of PyTorch (torch.save since 1.6: a zip with a pickle and one file a storage), so that
 * networks trained with the reference implementation load here. Nothing that the pickle asks for is executed: it may
 * name the handful of globals below, and each of them is a function of this file. Tensors are read only when asked
 * for. Leaves out the format before 1.6, TorchScript, sparse and quantised tensors: each is refused with a sentence.
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
} from './pickle.ts';
import { bytesPerElement, type Dtype, decodeElements, type RawData, type RawTensor } from './raw-tensor.ts';
import { looksLikeZip, readZip, type ZipEntry } from './zip.ts';

/** A tensor of a checkpoint, still in the file. */
export interface TorchTensor {
  readonly kind: 'torch-tensor';
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** The values in row-major order, copied out of the file. @throws RddmError when the file is damaged there */
  readonly read: () => RawTensor;
}

/** What torch.save was given. */
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

/** A dictionary of the file may call itself anything: it is none of ours. */
const hasKind = (value: unknown, kind: string): boolean =>
  typeof value === 'object' && value !== null && !isPickleDict(value) && (value as { kind?: unknown }).kind === kind;
const isStorage = (value: unknown): value is Storage => hasKind(value, 'torch-storage');
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);

/** Whether an entry of a checkpoint is a tensor. */
export const isTorchTensor = (value: unknown): value is TorchTensor => hasKind(value, 'torch-tensor');

/** More elements than any checkpoint has; stride 0 lets a tiny file claim any number. */
const mostElements = 2 ** 31;

/** Row-major values of a strided view. */
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
  // Copied even where it lies aligned, so that one tensor does not keep a file of gigabytes in memory.
  const own = new Uint8Array(bytes.subarray(offset * size, (offset + count) * size));
  return { dtype, shape, data: decodeElements(dtype, own) };
}

/** The globals that a checkpoint of plain tensors names, and what they mean here. */
function torchRules(fileOfStorage: (key: string) => ZipEntry | undefined): PickleRules {
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
      const [kind, type, key, , count] = Array.isArray(identity) ? identity : [];
      const dtype = hasKind(type, 'pickle-global') ? storageTypes[(type as PickleGlobal).name] : undefined;
      if (kind !== 'storage' || typeof key !== 'string' || !dtype || !isCounts([count])) return undefined;
      const size = count * bytesPerElement(dtype);
      const file = fileOfStorage(key);
      if (!file || file.size < size) return undefined;
      return { kind: 'torch-storage', dtype, count, bytes: () => file.read().subarray(0, size) } satisfies Storage;
    },
  };
}

/**
 * Reads a PyTorch checkpoint without executing anything of it.
 *
 * @param bytes the whole file; it must stay as it is while tensors are read
 * @param where the file's name, for messages
 * @throws RddmError when the file is of another kind (before PyTorch 1.6, TorchScript, no dictionary), is cut short or
 * damaged, or names a global that a checkpoint of plain tensors does not need
 *
 * @example
 * ```ts
 * import { readTorchCheckpoint } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.throws(() => readTorchCheckpoint(Uint8Array.of(0x80, 2), 'old.pt'), /before PyTorch 1.6/);
 * ```
 */
export function readTorchCheckpoint(bytes: Uint8Array, where: string): TorchCheckpoint {
  if (!looksLikeZip(bytes)) {
    const isPickle = bytes[0] === 0x80 && bytes[1] <= 5;
    const got = isPickle ? 'one of the format before PyTorch 1.6' : 'a file that is no zip archive';
    const remedy = isPickle
      ? 'load and save it again in PyTorch: torch.save(torch.load(path), path)'
      : 'check the path';
    throw expected(where, 'a PyTorch checkpoint', got, remedy);
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
  const rules = torchRules((key) => files.get(`${folder}data/${key}`));
  const entries = unpickle(pickle.read(), rules, where);
  if (!isPickleDict(entries)) {
    throw expected(where, 'a checkpoint that is a dictionary', 'another value', 'save a state dict, or {"model": …}');
  }
  return { where, entries };
}
