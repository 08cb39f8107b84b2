/**
 * A tensor as a file stores it: an element type, a shape, and the values in the matching typed array. Shared by the
 * safetensors and the PyTorch reader; everything after them is float32. Files are little-endian, as is every platform
 * that runs JavaScript today, so views are used as they are.
 */
import { decodeBfloat16, decodeHalf } from '../math/half.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/** The typed arrays that can hold file values. */
export type RawData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

type Viewer = (buffer: ArrayBuffer, offset: number, count: number) => RawData;

/** Element types by their safetensors names: their size in bytes, and how to view them. */
const elementTypes = {
  F64: { size: 8, view: (b, o, n) => new Float64Array(b, o, n) },
  F32: { size: 4, view: (b, o, n) => new Float32Array(b, o, n) },
  F16: { size: 2, view: (b, o, n) => decodeHalf(new Uint16Array(b, o, n)) },
  BF16: { size: 2, view: (b, o, n) => decodeBfloat16(new Uint16Array(b, o, n)) },
  I64: { size: 8, view: (b, o, n) => new BigInt64Array(b, o, n) },
  U64: { size: 8, view: (b, o, n) => new BigUint64Array(b, o, n) },
  I32: { size: 4, view: (b, o, n) => new Int32Array(b, o, n) },
  U32: { size: 4, view: (b, o, n) => new Uint32Array(b, o, n) },
  I16: { size: 2, view: (b, o, n) => new Int16Array(b, o, n) },
  U16: { size: 2, view: (b, o, n) => new Uint16Array(b, o, n) },
  I8: { size: 1, view: (b, o, n) => new Int8Array(b, o, n) },
  U8: { size: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
  BOOL: { size: 1, view: (b, o, n) => new Uint8Array(b, o, n) },
} satisfies Record<string, { size: number; view: Viewer }>;

/** Element types by their safetensors names. */
export type Dtype = keyof typeof elementTypes;

/** A tensor of any element type. F16 and BF16 values are already decoded to float32, and keep their label. */
export interface RawTensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly data: RawData;
}

/** Whether a name is a supported element type. */
export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(elementTypes, name);

/** Bytes of one element in a file. */
export const bytesPerElement = (dtype: Dtype): number => elementTypes[dtype].size;

/** Little-endian `bytes` as values: a view if they are aligned, a copy if they are not or must be decoded. */
export function decodeElements(dtype: Dtype, bytes: Uint8Array): RawData {
  const { size, view } = elementTypes[dtype];
  const isUsable = bytes.buffer instanceof ArrayBuffer && bytes.byteOffset % size === 0;
  const source = isUsable ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  return view(source.buffer, source.byteOffset, source.byteLength / size);
}

/** A stored tensor as float32: the same memory if it is already float32, otherwise rounded to nearest. */
export function toFloat32(raw: RawTensor): Tensor {
  const { shape, data } = raw;
  if (data instanceof Float32Array) return { shape, data };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return { shape, data: Float32Array.from(data, Number) };
  }
  return { shape, data: Float32Array.from(data) };
}
