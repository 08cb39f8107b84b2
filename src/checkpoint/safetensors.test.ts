import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { decodeHalf, encodeHalf } from '../math/half.ts';
import { elementCount } from '../math/shape.ts';
import { type TensorMap, tensor } from '../math/tensor.ts';
import { toFloat32 } from './raw-tensor.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const golden = join(process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'golden');
const skip = existsSync(golden) ? false : `no golden values at ${golden}`;

/** A file from a header (or its literal text) and a count of value bytes. */
function fileOf(header: unknown, values: Uint8Array | number = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, typeof values === 'number' ? Buffer.alloc(values) : values]));
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const name = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', '7', '10', ''));
const tensors: fc.Arbitrary<TensorMap> = fc
  .uniqueArray(fc.tuple(name, fc.array(fc.nat(3), { maxLength: 4 })), { maxLength: 6, selector: ([key]) => key })
  .chain((list) =>
    fc.tuple(
      ...list.map(([key, shape]) => {
        const count = elementCount(shape);
        const values = fc.array(fc.float(), { minLength: count, maxLength: count });
        return values.map((data) => [key, tensor(shape, data)] as const);
      }),
    ),
  )
  .map((entries) => Object.fromEntries(entries));

test('tensors are read back bit for bit, and writing twice gives the same bytes', () => {
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (weights, metadata) => {
      fc.pre(!Object.hasOwn(weights, '__metadata__'));
      const bytes = encodeSafetensors(weights, metadata);
      assert.deepEqual(bytes, encodeSafetensors(Object.fromEntries(Object.entries(weights).reverse()), metadata));
      const read = decodeSafetensors(bytes, 'file');
      assert.deepEqual(new Map(Object.entries(read.metadata)), new Map(Object.entries(metadata)));
      assert.deepEqual(Object.keys(read.tensors).sort(), Object.keys(weights).sort());
      for (const [key, { shape, data }] of Object.entries(weights)) {
        assert.deepEqual(read.tensors[key].shape, shape);
        assert.deepEqual(
          Buffer.from(read.tensors[key].data.buffer, read.tensors[key].data.byteOffset, data.length * 4),
          Buffer.from(data.buffer),
        );
      }
    }),
  );
});

test('float16 stores the nearest half of each value', () => {
  const weights = { a: tensor([2, 2], [1 / 3, -1e-7, 65504, 0]), b: tensor([1], [Number.NEGATIVE_INFINITY]) };
  const { tensors: read } = decodeSafetensors(encodeSafetensors(weights, {}, { dtype: 'float16' }), 'file');
  assert.equal(read.a.dtype, 'F16');
  assert.deepEqual(read.a.data, decodeHalf(encodeHalf(weights.a.data)));
  assert.deepEqual([...read.b.data], [Number.NEGATIVE_INFINITY]);
});

test('the bytes are those of the format, written out', () => {
  const bytes = encodeSafetensors({ b: tensor([1], [1]), a: tensor([], [2]) }, { z: '1', '5': '2' });
  const header =
    '{"__metadata__":{"5":"2","z":"1"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
  assert.deepEqual(bytes, fileOf(padded, Uint8Array.of(0, 0, 0, 0x40, 0, 0, 0x80, 0x3f)));
});

test('each element type is read, aligned or not', () => {
  const values = Buffer.alloc(1 + 8 + 8 + 4 + 2 + 2 + 1);
  values.writeUInt8(1, 0);
  values.writeDoubleLE(0.1, 1);
  values.writeBigInt64LE(-5n, 9);
  values.writeInt32LE(-7, 17);
  values.writeUInt16LE(0x3c00, 21);
  values.writeUInt16LE(0x3f80, 23);
  values.writeInt8(-3, 25);
  const header = {
    flag: entry('BOOL', [1], 0, 1),
    double: entry('F64', [1], 1, 9),
    long: entry('I64', [1], 9, 17),
    int: entry('I32', [1], 17, 21),
    half: entry('F16', [1], 21, 23),
    brain: entry('BF16', [1], 23, 25),
    byte: entry('I8', [1], 25, 26),
  };
  // Also every alignment of the file in its buffer.
  for (let shift = 0; shift < 8; shift++) {
    const file = fileOf(header, values);
    const buffer = new Uint8Array(shift + file.length);
    buffer.set(file, shift);
    const { tensors: read } = decodeSafetensors(buffer.subarray(shift), 'file');
    const numbers = Object.fromEntries(Object.entries(read).map(([key, raw]) => [key, toFloat32(raw).data[0]]));
    assert.deepEqual(numbers, { flag: 1, double: Math.fround(0.1), long: -5, int: -7, half: 1, brain: 1, byte: -3 });
    assert.equal(read.long.data[0], -5n);
    assert.equal(read.double.data[0], 0.1);
    assert.equal(read.half.dtype, 'F16');
  }
});

test('an aligned tensor is a view of the file, not a copy', () => {
  const bytes = encodeSafetensors({ a: tensor([2], [1, 2]) });
  assert.equal(decodeSafetensors(bytes, 'file').tensors.a.data.buffer, bytes.buffer);
});

test('damaged and foreign files are refused with a sentence', () => {
  const good = { a: entry('F32', [2], 0, 8) };
  const cases: [RegExp, Uint8Array][] = [
    [/^bad: expected a safetensors file, got a file of 3 bytes; the file is damaged/, Uint8Array.of(1, 2, 3)],
    [/header within 21 bytes/, new Uint8Array(Buffer.from('this is not a weights'))],
    [/header in JSON/, fileOf('{"a":', 8)],
    [/header in JSON/, fileOf('{"a\xff', 8)],
    [/header that lists tensors/, fileOf('[]')],
    [/"a" within 4 bytes/, fileOf(good, 4)],
    [/8 bytes of tensor values, got 9/, fileOf(good, 9)],
    [/12 bytes for tensor "a" \(F32 3\), got 8/, fileOf({ a: entry('F32', [3], 0, 8) }, 8)],
    [/known element type for tensor "a", got F4/, fileOf({ a: entry('F4', [2], 0, 1) }, 1)],
    [/known element type for tensor "a"/, fileOf({ a: entry('toString', [2], 0, 8) }, 8)],
    [/known element type for tensor "a"/, fileOf({ a: 3 }, 8)],
    [/a shape for tensor "a"/, fileOf({ a: entry('F32', [-2], 0, 8) }, 8)],
    [/a shape for tensor "a"/, fileOf({ a: entry('F32', [0.5], 0, 2) }, 8)],
    [/"a" within 8 bytes/, fileOf({ a: entry('F32', [2], 8, 0) }, 8)],
    [/"a" within 8 bytes/, fileOf({ a: { dtype: 'F32', shape: [2] } }, 8)],
    [/"b" to begin at byte 8, got 4, which overlaps/, fileOf({ ...good, b: entry('F32', [2], 4, 12) }, 12)],
    [/"b" to begin at byte 8, got 12, which leaves a gap/, fileOf({ ...good, b: entry('F32', [1], 12, 16) }, 16)],
    [/metadata that maps text to text/, fileOf({ __metadata__: { a: 1 }, ...good }, 8)],
  ];
  for (const [message, bytes] of cases) {
    assert.throws(
      () => decodeSafetensors(bytes, 'bad'),
      (error) => error instanceof RddmError && message.test(error.message),
      String(message),
    );
  }
});

test('a file truncated anywhere, or with any byte changed, is refused with a sentence or read in full', () => {
  const bytes = encodeSafetensors({ a: tensor([2, 3], [1, 2, 3, 4, 5, 6]), b: tensor([1], [7]) }, { key: 'value' });
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSafetensors(bytes.subarray(0, length), 'cut'), RddmError, `cut at ${length}`);
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (index, value) => {
      const changed = bytes.slice();
      changed[index] = value;
      try {
        decodeSafetensors(changed, 'changed');
      } catch (error) {
        assert.ok(error instanceof RddmError, String(error));
      }
    }),
  );
});

test('tensors that cannot be written are refused', () => {
  const big = { a: tensor([2], [1, 70000]) };
  assert.throws(() => encodeSafetensors(big, {}, { dtype: 'float16' }), /"a" within ±65504 for float16, got 70000/);
  assert.throws(() => encodeSafetensors({ a: { shape: [3], data: Float32Array.of(1) } }), /3 values in "a"/);
  assert.throws(() => encodeSafetensors({ __metadata__: tensor([], [1]) }), /other than "__metadata__"/);
});

test('golden files of another implementation are read', { skip }, () => {
  const files = readdirSync(golden).filter((file) => /^(unet|train)-.*\.safetensors$/.test(file));
  assert.ok(files.length > 0);
  for (const file of files) {
    const { tensors: read, metadata } = decodeSafetensors(readFileSync(join(golden, file)), file);
    assert.ok(Object.keys(metadata).length > 0, file);
    for (const raw of Object.values(read)) assert.equal(raw.data.length, elementCount(raw.shape));
  }
});
