import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBfloat16, decodeHalf, encodeHalf } from './half.ts';

const encode = (...values: number[]) => [...encodeHalf(Float32Array.from(values))];
const everyHalf = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The definition, in float64: sign, exponent and mantissa as a sum of powers of two. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

test('each of the 65536 halves decodes to its definition', () => {
  const decoded = decodeHalf(everyHalf);
  for (let bits = 0; bits < 65536; bits++) assert.ok(Object.is(decoded[bits], halfValue(bits)), `bits ${bits}`);
});

test('each half survives decoding and encoding, NaN payloads included', () => {
  const again = encodeHalf(decodeHalf(everyHalf));
  for (let bits = 0; bits < 65536; bits++) {
    const isNaNBits = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    assert.equal(again[bits], isNaNBits ? bits | 0x200 : bits, `bits ${bits}`);
  }
});

test('a value between two halves rounds to the nearer one, and a tie to the even one', () => {
  const finite = decodeHalf(everyHalf.subarray(0, 0x7c00));
  for (let bits = 0; bits + 1 < finite.length; bits++) {
    const middle = (finite[bits] + finite[bits + 1]) / 2;
    const below = middle - (finite[bits + 1] - finite[bits]) / 64;
    const above = middle + (finite[bits + 1] - finite[bits]) / 64;
    assert.deepEqual(encode(below, middle, above), [bits, bits % 2 === 0 ? bits : bits + 1, bits + 1], `bits ${bits}`);
    assert.deepEqual(encode(-middle), [(bits % 2 === 0 ? bits : bits + 1) | 0x8000]);
  }
});

test('signed zeros, overflow, infinities and NaN', () => {
  assert.deepEqual(encode(0, -0, 65504, 65519.99, 65520, -1e38), [0, 0x8000, 0x7bff, 0x7bff, 0x7c00, 0xfc00]);
  assert.deepEqual(encode(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), [0x7c00, 0xfc00]);
  assert.ok(Number.isNaN(decodeHalf(encodeHalf(Float32Array.of(Number.NaN)))[0]));
  // Ten bits cannot hold the smallest NaN payload of a float32; the result must still not become an infinity.
  const tinyPayload = new Float32Array(Uint32Array.of(0x7f800001).buffer);
  assert.ok(Number.isNaN(decodeHalf(encodeHalf(tinyPayload))[0]));
});

test('values far below the smallest subnormal become zero', () => {
  assert.deepEqual(encode(2 ** -25, 2 ** -25 * 1.0001, 2 ** -40, 1.4e-45), [0, 1, 0, 0]);
});

test('encoding never changes the order of two values', () => {
  const value = fc.float({ noNaN: true });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [halfA, halfB] = decodeHalf(encodeHalf(Float32Array.of(Math.min(a, b), Math.max(a, b))));
      assert.ok(halfA <= halfB);
    }),
  );
});

test('bfloat16 is the upper half of a float32', () => {
  const decoded = [...decodeBfloat16(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001))];
  assert.deepEqual(decoded, [1, -2, Number.POSITIVE_INFINITY, 2 ** -133]);
  assert.ok(Number.isNaN(decodeBfloat16(Uint16Array.of(0x7fc0))[0]));
});
