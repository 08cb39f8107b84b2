/**
 * sRGB's 8 bits to linear light and back, by tables: rain, blur and shadow mix light, and light adds only in
 * linear values.
 */
import { linearOfSrgb, srgbOfLinear } from '../../math/srgb.ts';

/** Steps of the way back: at sRGB's steepest place one of them is a twentieth of an 8-bit level. */
const STEPS = 65535;

/** Linear light 0 … 1 of each 8-bit sRGB value, in float32. */
export const linearOf8Bit: Float32Array = Float32Array.from(linearOfSrgb);

const encodedSteps: Uint8Array = Uint8Array.from({ length: STEPS + 1 }, (_, step) =>
  Math.round(255 * srgbOfLinear(step / STEPS)),
);

/** The 8-bit sRGB value nearest to a linear one in 0 … 1; `eightBitOfLinear(linearOf8Bit[v]) === v`. */
export const eightBitOfLinear = (linear: number): number => encodedSteps[(linear * STEPS + 0.5) | 0];
