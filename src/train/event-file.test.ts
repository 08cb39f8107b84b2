import assert from 'node:assert/strict';
import { test } from 'node:test';
import crc32c from 'crc-32/crc32c.js';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { type EventRecord, encodeEvent } from './event-file.ts';

/** A field on the wire: a number for wire types 0, 1 and 5, bytes for 2. */
type Fields = Readonly<Record<number, readonly (number | Uint8Array)[]>>;

/** An independent decoder. */
function decodeFields(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Record<number, (number | Uint8Array)[]> = {};
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  const skip = (count: number): number => {
    at += count;
    return at - count;
  };
  while (at < bytes.length) {
    const key = varint();
    const read: Record<number, () => number | Uint8Array> = {
      0: varint,
      1: () => view.getFloat64(skip(8), true),
      2: () => {
        const length = varint();
        const start = skip(length);
        assert.ok(start + length <= bytes.length);
        return bytes.subarray(start, start + length);
      },
      5: () => view.getFloat32(skip(4), true),
    };
    const field = Math.floor(key / 8);
    fields[field] ??= [];
    fields[field].push(read[key % 8]());
  }
  return fields;
}

const message = (fields: Fields, field: number, index = 0): Fields => decodeFields(fields[field][index] as Uint8Array);
const text = (bytes: number | Uint8Array): string => new TextDecoder().decode(bytes as Uint8Array);

/** The reader's checksum, from the definition in TensorFlow's crc32c.h. */
function unmasked(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** The event inside a record, after checking its framing. */
function decodeRecord(record: Uint8Array): Fields {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const length = Number(view.getBigUint64(0, true));
  assert.equal(record.length, length + 16);
  const data = record.subarray(12, 12 + length);
  assert.equal(unmasked(view.getUint32(8, true)), crc32c.buf(record.subarray(0, 8)) >>> 0);
  assert.equal(unmasked(view.getUint32(12 + length, true)), crc32c.buf(data) >>> 0);
  return decodeFields(data);
}

const at = { step: 3, wallTime: 1_700_000_000.25 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Black, 2 wide and 3 high, as sharp writes it. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAC0lEQVQImWNgwAIAABUAAbJuDnMAAAAASUVORK5CYII=',
  'base64',
);

test('crc32c is the Castagnoli checksum (RFC 3720, appendix B.4, and the usual check value)', () => {
  assert.equal(crc32c.str('123456789') >>> 0, 0xe3069283);
  assert.equal(crc32c.buf(new Uint8Array(32)) >>> 0, 0x8a9136aa);
  assert.equal(crc32c.buf(new Uint8Array(32).fill(255)) >>> 0, 0x62a8ab43);
});

test('a file begins like every event file', () => {
  const record = encodeEvent({ kind: 'version', step: 0, wallTime: 1 });
  // 24 bytes follow; a37f4b22 is the masked checksum of that number, well known from files of TensorFlow.
  const expectedBytes = `1800000000000000a37f4b22${'09000000000000f03f'}1a0d${hex(Buffer.from('brain.Event:2'))}`;
  assert.equal(hex(record.subarray(0, -4)), expectedBytes);
  const fields = decodeRecord(record);
  assert.deepEqual(Object.keys(fields), ['1', '3']);
});

test('scalars carry step, time, names and values', () => {
  const values = { loss: 0.25, 'learning rate': 8e-5, größe: -3, broken: Number.NaN };
  const fields = decodeRecord(encodeEvent({ kind: 'scalars', values, ...at }));
  assert.deepEqual([fields[1][0], fields[2][0]], [1_700_000_000.25, 3]);
  const summary = message(fields, 5);
  const read = summary[1].map((_, index) => {
    const value = message(summary, 1, index);
    return [text(value[1][0]), value[2][0]];
  });
  assert.deepEqual(Object.fromEntries(read), { ...values, 'learning rate': Math.fround(8e-5) });
});

test('a picture carries its size and its exact bytes', () => {
  const fields = decodeRecord(encodeEvent({ kind: 'image', tag: 'samples', png, ...at }));
  const value = message(message(fields, 5), 1);
  const image = message(value, 4);
  assert.equal(text(value[1][0]), 'samples');
  assert.deepEqual([image[1][0], image[2][0], image[3][0]], [3, 2, 3]);
  assert.deepEqual(Buffer.from(image[4][0] as Uint8Array), png);
});

test('a start is a SessionLog with status START', () => {
  const fields = decodeRecord(encodeEvent({ kind: 'start', ...at }));
  assert.equal(fields[2][0], 3);
  assert.deepEqual(message(fields, 7), { 1: [1] });
});

test('every record can be read back, and follows another one', () => {
  const events = fc.record({
    step: fc.nat({ max: 2 ** 40 }),
    wallTime: fc.double({ min: 0, max: 4e9, noNaN: true }),
    values: fc.dictionary(fc.string(), fc.float({ noDefaultInfinity: true, noNaN: true }), { maxKeys: 5 }),
  });
  fc.assert(
    fc.property(events, ({ step, wallTime, values }) => {
      const fields = decodeRecord(encodeEvent({ kind: 'scalars', values, step, wallTime }));
      assert.equal(fields[2]?.[0] ?? 0, step);
      assert.equal(fields[1][0], wallTime);
      const summary = message(fields, 5);
      assert.deepEqual(
        (summary[1] ?? []).map((_, index) => message(summary, 1, index)[2][0]),
        Object.values(values),
      );
    }),
    { numRuns: 50 },
  );
});

test('anything but a PNG, and an invalid step, are refused', () => {
  const refused = (event: EventRecord, pattern: RegExp) =>
    assert.throws(
      () => encodeEvent(event),
      (error) => error instanceof RddmError && pattern.test(error.message),
    );
  for (const other of [
    new Uint8Array(0),
    Buffer.from('no picture at all, only a text of some length'),
    png.subarray(0, 20),
  ]) {
    refused({ kind: 'image', tag: 'a', png: other, ...at }, /expected the bytes of a PNG file, got \d+ other bytes/);
  }
  refused({ kind: 'version', step: 1.5, wallTime: 0 }, /expected a whole number as step, got 1.5/);
});
