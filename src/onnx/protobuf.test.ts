/**
 * Compares bytes with the protobuf specification's, and reads them with the decoder generated from ONNX's own
 * definition.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import onnxProto from 'onnx-proto';
import {
  bytesField,
  floatField,
  integerField,
  integersField,
  joined,
  messageField,
  stringField,
  toBytes,
} from './protobuf.ts';

const hex = (chunks: Parameters<typeof toBytes>[0]): string => Buffer.from(toBytes(chunks)).toString('hex');

test('varints: one byte up to 127, then seven bits per byte, lowest first; ten bytes below 0', () => {
  assert.equal(hex(integerField(1, 0)), '0800');
  assert.equal(hex(integerField(1, 127)), '087f');
  assert.equal(hex(integerField(1, 128)), '088001');
  assert.equal(hex(integerField(1, 150)), '089601'); // the specification's example
  assert.equal(hex(integerField(1, 300)), '08ac02');
  assert.equal(hex(integerField(1, -1)), '08ffffffffffffffffff01');
  assert.equal(hex(integerField(1, -(2 ** 31))), '0880808080f8ffffffff01');
  assert.equal(hex(integerField(1, Number.MAX_SAFE_INTEGER)), '08ffffffffffffff0f');
});

test('field numbers above 15 take two bytes', () => {
  assert.equal(hex(integerField(16, 1)), '800101');
  assert.equal(hex(integerField(20, 7)), 'a00107');
});

test('floats are little-endian', () => {
  assert.equal(hex(floatField(2, 1)), '150000803f');
  assert.equal(hex(floatField(2, -0)), '1500000080');
});

test('strings are UTF-8 with their length in bytes', () => {
  assert.equal(hex(stringField(2, 'testing')), '120774657374696e67'); // the specification's example
  assert.equal(hex(stringField(2, '')), '1200');
  assert.equal(hex(stringField(2, 'ᾱ')), '1203e1beb1');
});

test('packed integers, and none of them', () => {
  assert.equal(hex(integersField(6, [3, 270, 86942])), '3206038e029ea705'); // the specification's example
  assert.equal(hex(integersField(6, [])), '3200');
});

test('bytes are referenced until they are joined', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const field = bytesField(9, bytes);
  bytes[0] = 255;
  assert.equal(hex(field), '4a03ff0203');
});

test('nested messages have the length of their whole content', () => {
  assert.equal(hex(messageField(3, integerField(1, 150))), '1a03089601'); // the specification's example
  assert.equal(hex(messageField(1, messageField(2, messageField(3, joined())))), '0a0412021a00');
  const long = messageField(1, stringField(1, 'x'.repeat(200)));
  assert.equal(hex(long).slice(0, 12), '0acb010ac801');
  assert.equal(toBytes(long).length, 206);
});

test('an independent decoder reads every value', () => {
  const { AttributeProto } = onnxProto.onnx;
  const integers = [0, 1, -1, 127, 128, 300, -300, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53) + 1];
  const fields = joined(floatField(2, 0.1), stringField(1, 'η'), integersField(8, integers));
  for (const value of integers) {
    const decoded = AttributeProto.decode(toBytes(joined(integerField(3, value), fields)));
    assert.deepEqual([Number(decoded.i), decoded.f, decoded.name], [value, Math.fround(0.1), 'η']);
    assert.deepEqual(decoded.ints.map(Number), integers);
  }
});
