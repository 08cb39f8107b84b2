/**
 * The safetensors format: 8 bytes of header length, a JSON header (name → element type, shape, place), then the values.
 * It holds weights, golden values and explicit sampler inputs. A file is accepted only if every byte is accounted for,
 * so that a damaged one is never read in part. Writes only float32 and float16.
 */
import { expected } from '../math/errors.ts';
import { encodeHalf, largestHalf } from '../math/half.ts';
import { elementCount, showShape } from '../math/shape.ts';
import { quoted } from '../math/show.ts';
import type { TensorMap } from '../math/tensor.ts';
import { bytesPerElement, decodeElements, isDtype, type RawTensor } from './raw-tensor.ts';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, RawTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

const damaged = 'the file is damaged, truncated or of another kind';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw expected(where, 'a safetensors file', `a file of ${bytes.length} bytes`, damaged);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > bytes.length - 8) {
    throw expected(where, `a safetensors header within ${bytes.length} bytes`, `one of ${length} bytes`, damaged);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw expected(where, 'a safetensors header in JSON', 'something else', damaged);
  }
  if (!isRecord(header)) throw expected(where, 'a safetensors header that lists tensors', header, damaged);
  return { header, start: 8 + length };
}

function readMetadata(value: unknown, where: string): Record<string, string> {
  if (value === undefined) return {};
  const isText = isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string');
  if (!isText) throw expected(where, 'safetensors metadata that maps text to text', value, damaged);
  return value as Record<string, string>;
}

/** The format allows no overlaps, gaps or trailing bytes: each value belongs to exactly one tensor. */
function checkPlaces(places: readonly Place[], size: number, where: string): void {
  let position = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const what = begin < position ? 'overlaps another tensor' : 'leaves a gap before it';
      throw expected(where, `tensor ${quoted(name)} to begin at byte ${position}`, `${begin}, which ${what}`, damaged);
    }
    position = end;
  }
  if (position !== size) throw expected(where, `${position} bytes of tensor values`, String(size), damaged);
}

/**
 * Reads a safetensors file.
 *
 * @param bytes the whole file; aligned tensors become views of it, so do not write to it afterwards
 * @param where the file's name, for messages
 * @returns the tensors under their names, in the header's order, and the metadata (empty if there is none)
 * @throws RddmError if the file is truncated, its header is not valid JSON, or a tensor has an unknown element type,
 *   lies outside the file, overlaps another, or does not take exactly the bytes of its shape
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const bytes = encodeSafetensors({ bias: tensor([2], [1, 2]) }, { origin: 'example' });
 * const { tensors, metadata } = decodeSafetensors(bytes, 'example.safetensors');
 * assert.deepEqual([...tensors.bias.data], [1, 2]);
 * assert.equal(metadata.origin, 'example');
 * ```
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): SafetensorsFile {
  const { header, start } = readHeader(bytes, where);
  const size = bytes.length - start;
  const tensors: [string, RawTensor][] = [];
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
    if (!isDtype(dtype)) throw expected(where, `a known element type for tensor ${quoted(name)}`, dtype);
    if (!Array.isArray(shape) || !shape.every(isCount)) {
      throw expected(where, `a shape for tensor ${quoted(name)}`, shape, damaged);
    }
    const [begin, end] = Array.isArray(offsets) && offsets.length === 2 && offsets.every(isCount) ? offsets : [1, 0];
    if (begin > end || end > size) {
      throw expected(where, `tensor ${quoted(name)} within ${size} bytes of values`, offsets, damaged);
    }
    const needed = elementCount(shape) * bytesPerElement(dtype);
    if (end - begin !== needed) {
      const what = `${needed} bytes for tensor ${quoted(name)} (${dtype} ${showShape(shape)})`;
      throw expected(where, what, String(end - begin), damaged);
    }
    places.push({ name, begin, end });
    tensors.push([name, { dtype, shape, data: decodeElements(dtype, bytes.subarray(start + begin, start + end)) }]);
  }
  checkPlaces(places, size, where);
  // fromEntries, since assigning to a name such as `__proto__` would not create it.
  return { tensors: Object.fromEntries(tensors), metadata: readMetadata(header.__metadata__, where) };
}

/** Options of {@link encodeSafetensors}. */
export interface SafetensorsOptions {
  /** Element type in the file; float16 rounds to nearest, ties to even. Default float32. */
  readonly dtype?: 'float32' | 'float16';
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Writes a safetensors file. Equal tensors and metadata give equal bytes: both are sorted by name (UTF-16 code units),
 * and the header is padded with spaces so that the values begin at a multiple of 8.
 *
 * @throws RddmError if a finite value does not fit float16 (beyond ±65504), a tensor's values do not fill its shape, or
 *   a tensor is named `__metadata__`
 *
 * @example
 * ```ts
 * import { decodeSafetensors, encodeSafetensors, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const bytes = encodeSafetensors({ weight: tensor([1], [0.1]) }, {}, { dtype: 'float16' });
 * assert.equal(decodeSafetensors(bytes, 'example').tensors.weight.data[0], 0.0999755859375);
 * ```
 */
export function encodeSafetensors(
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>> = {},
  options: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const where = 'encodeSafetensors';
  const isHalf = options.dtype === 'float16';
  const size = isHalf ? 2 : 4;
  const names = Object.keys(tensors).sort(byCodeUnits);
  const parts: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const entries = Object.entries(metadata).sort(([a], [b]) => byCodeUnits(a, b));
    // Built from text, since an object would move keys that look like integers to the front.
    const shown = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    parts.push(`"__metadata__":{${shown.join(',')}}`);
  }
  let position = 0;
  for (const name of names) {
    const { shape, data } = tensors[name];
    if (name === '__metadata__') throw expected(where, 'a tensor name other than "__metadata__"', name);
    if (data.length !== elementCount(shape)) {
      throw expected(
        where,
        `${elementCount(shape)} values in ${quoted(name)} (${showShape(shape)})`,
        String(data.length),
      );
    }
    const end = position + data.length * size;
    const entry = { dtype: isHalf ? 'F16' : 'F32', shape, data_offsets: [position, end] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    position = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + position);
  new DataView(bytes.buffer).setUint32(0, headerLength, true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerLength);
  position = 8 + headerLength;
  for (const name of names) {
    const { data } = tensors[name];
    const stored = isHalf ? encodeHalf(data) : data;
    if (isHalf) checkHalfRange(name, data, stored as Uint16Array);
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), position);
    position += stored.byteLength;
  }
  return bytes;
}

const formatNames: Readonly<Partial<Record<string, string>>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/**
 * The number formats in a safetensors file, sorted.
 *
 * @throws RddmError as {@link decodeSafetensors}
 */
export function numberFormats(bytes: Uint8Array, where: string): string[] {
  const { tensors } = decodeSafetensors(bytes, where);
  return [...new Set(Object.values(tensors).map(({ dtype }) => formatNames[dtype] ?? dtype))].sort();
}

/** A new infinity would silently ruin the network. */
function checkHalfRange(name: string, data: Float32Array, halves: Uint16Array): void {
  const index = halves.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(data[i]));
  if (index >= 0) {
    throw expected(
      'encodeSafetensors',
      `values of ${quoted(name)} within ±${largestHalf} for float16`,
      data[index],
      'write float32',
    );
  }
}
