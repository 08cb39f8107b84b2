/** The forward process's part of `config.json`: which schedules the two diffusions follow. */
import { z } from 'zod';
import { courses, curveForms } from '../diffusion/power-curve.ts';
import { scheduleKinds } from '../diffusion/schedule.ts';

/** A word, the exponent in the paper's direction, or course, exponent and discrete form. */
export const curveSchema = z.union([
  z.enum(courses),
  z.number().min(0).max(100),
  z.strictObject({
    course: z.enum(['decreasing', 'increasing']),
    exponent: z.number().min(0).max(100).default(1),
    form: z.enum(curveForms).default('counted'),
  }),
]);

/** The schedule's settings; each field documents itself. */
export const scheduleSchema = z.strictObject({
  /** T, the length of the diffusion. */
  timesteps: z.int().min(2).max(1_000_000).default(1000).describe('T, the length of the diffusion'),
  /** `power`: alpha and beta² are P(x, a) or P(1 − x, a); `ddim-…`: converted by Eq. 17; else another model's mixture. */
  kind: z
    .enum(scheduleKinds)
    .default('power')
    .describe("power curves, a DDIM schedule converted by Eq. 17, or another model's mixture"),
  /** Course of the residual's speed α over time (power schedules): a word, or a number a for P(1 − x, a). */
  alpha: curveSchema.default('decreasing').describe('course of the residual speed over time'),
  /** Course of the noise's speed β² over time (power schedules): a word, or a number b for P(x, b). */
  beta: curveSchema.default('increasing').describe('course of the squared noise speed over time'),
  /** β̄_T², the noise strength. */
  noiseStrength: z.number().min(0).max(100).default(1).describe('the final variance of the noise'),
});
