/**
 * 16-bit floats, bit by bit: IEEE half precision (float16) in both directions, bfloat16 to float32 only.
 * Weights ship as float16, and old checkpoints may hold either. Takes and returns typed arrays: JavaScript's own
 * Float16Array is too young to rely on. There is no arithmetic, since the project computes in float32.
 */

/** Largest finite float16 value; larger values round to infinity. */
export const largestHalf = 65504;

/** The float32 with bits `bits`, rounded to float16 bits (nearest, ties to even). */
function roundToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // A NaN becomes a quiet NaN with the top bits of its payload.
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // 65520 is half way between 65504 and the next power; the tie goes to even, which is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Normal numbers, from 2^-14: change the exponent's bias and round off 13 bits.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // 2^-25 is half of the smallest subnormal; the tie goes to zero.
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const quotient = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (quotient + (rest > half || (rest === half && (quotient & 1) === 1) ? 1 : 0));
}

/**
 * Float32 values as float16 bits: round to nearest, ties to even; beyond the range ±Infinity; NaN stays NaN.
 *
 * @example
 * ```ts
 * import { encodeHalf } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...encodeHalf(Float32Array.of(1, -2, 65520))], [0x3c00, 0xc000, 0x7c00]);
 * ```
 */
export function encodeHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < result.length; i++) result[i] = roundToHalf(source[i]);
  return result;
}

/**
 * Float16 bits as float32 values; exact, subnormals included.
 *
 * @example
 * ```ts
 * import { decodeHalf } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...decodeHalf(Uint16Array.of(0x3c00, 0x0001))], [1, 2 ** -24]);
 * ```
 */
export function decodeHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(bits.length);
  const target = new Uint32Array(result.buffer);
  for (let i = 0; i < result.length; i++) {
    const sign = (bits[i] & 0x8000) << 16;
    const exponent = (bits[i] >>> 10) & 0x1f;
    const mantissa = bits[i] & 0x3ff;
    if (exponent === 0) result[i] = (sign === 0 ? mantissa : -mantissa) * 2 ** -24;
    else target[i] = sign | (exponent === 31 ? 0x7f800000 : (exponent + 112) << 23) | (mantissa << 13);
  }
  return result;
}

/** Bfloat16 bits (the upper half of a float32) as float32 values; exact. */
export function decodeBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(bits.length);
  const target = new Uint32Array(result.buffer);
  for (let i = 0; i < result.length; i++) target[i] = bits[i] << 16;
  return result;
}
