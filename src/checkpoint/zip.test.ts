import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { RddmError } from '../math/errors.ts';
import { looksLikeZip, readZip } from './zip.ts';

const text = (value: string) => new TextEncoder().encode(value);
const contents = {
  'a/data.pkl': text('pickle'),
  'a/data/0': new Uint8Array(5000).fill(7),
  'a/empty': new Uint8Array(0),
};

test('stored and deflated files are read; stored ones as views', () => {
  for (const level of [0, 6] as const) {
    const bytes = zipSync(contents, { level });
    assert.ok(looksLikeZip(bytes));
    const entries = readZip(bytes, 'zip');
    assert.deepEqual([...entries.keys()], Object.keys(contents));
    for (const [name, value] of Object.entries(contents)) assert.deepEqual(entries.get(name)?.read(), value, name);
    assert.equal(entries.get('a/data/0')?.read().buffer === bytes.buffer, level === 0);
  }
});

test('an archive at an offset in its buffer is read the same', () => {
  const bytes = zipSync(contents);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(readZip(shifted.subarray(3), 'zip').get('a/data.pkl')?.read(), text('pickle'));
});

/**
 * An archive in the form for more than 4 GB: sizes and offsets are in the 64-bit fields, the old fields are all ones.
 */
function zip64(name: string, value: Uint8Array, checksum: number): Uint8Array {
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const central = Buffer.alloc(46 + name.length + 28, 0);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt32LE(checksum, 16);
  central.writeUInt32LE(0xffffffff, 20);
  central.writeUInt32LE(0xffffffff, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(28, 30);
  central.writeUInt32LE(0xffffffff, 42);
  central.write(name, 46);
  const extra = 46 + name.length;
  central.writeUInt16LE(1, extra);
  central.writeUInt16LE(24, extra + 2);
  central.writeBigUInt64LE(BigInt(value.length), extra + 4);
  central.writeBigUInt64LE(BigInt(value.length), extra + 12);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(1n, 32);
  end64.writeBigUInt64LE(BigInt(local.length + value.length), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(local.length + value.length + central.length), 8);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0, 20);
  return new Uint8Array(Buffer.concat([local, value, central, end64, locator, end]));
}

test('the 64-bit form of archives above 4 GB is read', () => {
  // CRC-32 of "123456789", the check value of the standard.
  const entries = readZip(zip64('big', text('123456789'), 0xcbf43926), 'zip');
  assert.deepEqual(entries.get('big')?.read(), text('123456789'));
});

test('a changed byte in a file of the archive is noticed', () => {
  for (const level of [0, 6] as const) {
    const bytes = zipSync({ 'data/0': new Uint8Array(3000).map((_, i) => (i * i) % 251) }, { level });
    bytes[200] ^= 1;
    const entry = readZip(bytes, 'model.pt').get('data/0');
    assert.throws(
      () => entry?.read(),
      /model.pt: expected the file "data\/0" inside to match its checksum, got other bytes/,
    );
  }
});

test('an archive truncated anywhere is refused with a sentence', () => {
  const bytes = zipSync(contents, { level: 0 });
  for (let length = 0; length < bytes.length; length += length < 4000 ? 97 : 1) {
    assert.throws(
      () => readZip(bytes.subarray(0, length), 'cut.pt'),
      /cut.pt: expected a complete zip archive.*truncated/,
    );
  }
});

test('an encrypted archive and one with another compression are refused', () => {
  const bytes = zipSync({ a: text('a') }, { level: 0 });
  const directory = Buffer.from(bytes).indexOf('PK\x01\x02');
  for (const [offset, value] of [
    [8, 1],
    [10, 12],
  ]) {
    const changed = bytes.slice();
    changed[directory + offset] = value;
    assert.throws(() => readZip(changed, 'zip'), /stored or deflated files, got "a" of another kind/);
  }
});

test('any changed bytes give a listing or a sentence', () => {
  const bytes = zipSync({ a: text('some text, some text'), b: new Uint8Array(9) }, { level: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const changed = bytes.slice();
        for (const [index, value] of changes) changed[index] = value;
        try {
          for (const entry of readZip(changed, 'zip').values()) entry.read();
        } catch (error) {
          assert.ok(error instanceof RddmError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});
