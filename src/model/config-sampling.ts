/** The reverse process's part of `config.json`: how the model is sampled by default. */
import { z } from 'zod';
import { adjustModes } from '../diffusion/adjust.ts';
import { samplingMethods } from '../diffusion/objective.ts';
import { pathNames } from '../diffusion/path.ts';
import { updates } from '../diffusion/remix.ts';
import { timeSpacings } from '../diffusion/times.ts';
import { varianceKinds } from '../diffusion/variance.ts';
import { curveSchema } from './config-schedule.ts';

/** Algorithm 1 (d). */
const adjustSchema = z.strictObject({
  /** Which coefficients are replaced in sampling. */
  mode: z.enum(adjustModes).describe('which of alpha and beta are readjusted'),
  /** α becomes P(1 − x, a) for a number a. */
  alpha: curveSchema.default(1).describe('the new course of alpha'),
  /** β² becomes P(x, b) β̄_T² for a number b. */
  beta: curveSchema.default(1).describe('the new course of beta²'),
  /** Which index networks with index times get: the one that training had at this coefficient, or the step's own. */
  index: z.enum(['matched', 'kept']).default('matched').describe("the index that training had here, or the step's own"),
});

/** The sampler's settings; each field documents itself. */
export const samplingSchema = z.strictObject({
  /** The default number of reverse steps. */
  steps: z.int().min(1).default(5).describe('reverse steps'),
  /** Times from T − 1 as in the reference, or every ⌊T/steps⌋th from 0 as in DDIM. */
  times: z.enum(timeSpacings).default('linspace').describe("spacing of times: the reference's, or DDIM's"),
  /** For networks that predict both: use both, or only one, like SM-Res or SM-N (appendix B.2, Fig. 19). */
  method: z.enum(samplingMethods).optional().describe('which of two predictions is used; by default both'),
  /** How an image becomes the next: Eq. 12, or mixing the estimate again as in DDIM; the same if nothing is clipped. */
  update: z.enum(updates).default('difference').describe('Eq. 12, or mixing the estimate again as in DDIM'),
  /** η: 0 deterministic, 1 as random as the forward process. */
  eta: z.number().min(0).max(1).default(0).describe('0 deterministic, 1 fully random'),
  /** Which variance η scales: the paper's, or that of DDPM and DDIM (Eq. 49, 51). */
  variance: z.enum(varianceKinds).default('sum-constrained').describe('which variance eta scales'),
  /** β̄_T² of sampling, if not training's: less noise is more certain, more is more varied (Figs. 20, 21). */
  noiseStrength: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("final variance of the noise in sampling, if not training's"),
  /** Inpainting: `known` puts the pixels outside the hole back over the result. */
  composite: z
    .enum(['none', 'known'])
    .default('none')
    .describe("inpainting: keep the network's result, or put the known pixels back"),
  /** Algorithm 1: courses of α and β² other than training's. */
  adjust: adjustSchema.optional().describe('readjusted coefficients (Algorithm 1)'),
  /** The way through the plane of residual and noise: the schedule's, or another. */
  path: z
    .union([z.enum(pathNames), z.array(z.tuple([z.number().min(0).max(1), z.number().min(0)])).min(2)])
    .default('together')
    .describe('residual or noise first, or a list of points [alphaBar, betaBar]'),
  /** Whether to clip the predicted residual and clean image to [-1, 1] in each step, like the reference. */
  clip: z
    .enum(['reference', 'none'])
    .default('reference')
    .describe('whether to clip predictions to [-1, 1] in each step'),
});
