/** The reverse process's part of `config.json`: how the model is sampled unless asked otherwise. */
import { z } from 'zod';

/** The sampler's settings; each field documents itself. */
export const samplingSchema = z.strictObject({
  /** Reverse steps by default. */
  steps: z.int().min(1).default(5).describe('reverse steps'),
  /** η: 0 deterministic, 1 as random as the forward process. */
  eta: z.number().min(0).max(1).default(0).describe('0 deterministic, 1 fully random'),
  /** β̄_T² of sampling, where it is not training's: less noise is more certain, more is more varied (Figs. 20, 21). */
  noiseStrength: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("final variance of the noise in sampling, if not training's"),
  /** Inpainting: `known` puts the pixels outside of the hole back over the result. */
  composite: z
    .enum(['none', 'known'])
    .default('none')
    .describe('inpainting: leave the result as the network has it, or put the known pixels back'),
  /** Clip predicted residual and clean image to [-1, 1] in each step, as the reference does. */
  clip: z.enum(['reference', 'none']).default('reference').describe('clip predictions to [-1, 1] in each step, or not'),
});
