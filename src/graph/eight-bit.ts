/**
 * Numbers as 8-bit integers: the integer q stands for (q − zero) · scale. Activations use uint8 with an arbitrary zero,
 * so that the range 0 … high of a rectified value wastes nothing; kernels use int8 around 0, with one scale per
 * channel, which is what the fast kernels multiply (ONNX: "static, per-channel").
 */
import type { Tensor } from '../math/tensor.ts';
import type { EightBit, QuantizeAttributes } from './node.ts';

/** The least and the greatest integer of each type. */
export const integerRange: Readonly<Record<EightBit, readonly [least: number, most: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
};

/** The nearest integer, ties to even, like ONNX's QuantizeLinear. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** The nearest number that an integer stands for. */
export function nearestRepresented(value: number, { type, zero }: QuantizeAttributes, scale: number): number {
  const [least, most] = integerRange[type];
  return (Math.min(most, Math.max(least, roundHalfEven(value / scale) + zero)) - zero) * scale;
}

/**
 * The integers for the numbers of a range, in 255 equal steps. 0 is always exactly one of them, since convolutions pad
 * with it.
 */
export function quantizationOfRange([low, high]: readonly [number, number]): QuantizeAttributes {
  const least = Math.min(low, 0);
  const span = Math.max(high, 0) - least;
  const scale = span > 0 ? Math.fround(span / 255) : 1;
  return { type: 'uint8', scales: [scale], zero: Math.min(255, Math.max(0, Math.round(-least / scale))) };
}

/**
 * The integer of the largest weight. Seven bits: processors without VNNI add two products of such a weight and an
 * activation in 16 bits, which 8-bit weights would overflow. So the result is the same everywhere.
 */
const LARGEST_WEIGHT = 63;

/** Integers for kernels [O, …]: each output channel has its own scale, at which its largest weight is ±63. */
export function quantizationOfKernels({ shape: [channels], data }: Tensor): QuantizeAttributes {
  const size = data.length / channels;
  const scales = Array.from({ length: channels }, (_, channel) => {
    let largest = 0;
    for (let i = channel * size; i < (channel + 1) * size; i++) largest = Math.max(largest, Math.abs(data[i]));
    return largest > 0 ? Math.fround(largest / LARGEST_WEIGHT) : 1;
  });
  return { type: 'int8', scales, zero: 0 };
}
