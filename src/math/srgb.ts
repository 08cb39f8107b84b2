/**
 * The transfer function of sRGB (IEC 61966-2-1): metrics compare colours, and degradations mix light, in linear light.
 */

/** The linear light, 0 … 1, of each 8-bit sRGB value. */
export const linearOfSrgb: Float64Array = Float64Array.from({ length: 256 }, (_, value) => {
  const encoded = value / 255;
  return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
});

/** The sRGB value, 0 … 1, of linear light. */
export const srgbOfLinear = (linear: number): number =>
  linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
