/**
 * The settings of the optimiser and of the moving average (EMA), and the rates that follow from them at each step. The
 * optimiser itself is in optimiser.ts.
 */
import { z } from 'zod';
import { optimiserKinds } from './optimiser.ts';

/** AdamW's decay if none is given, as in PyTorch. */
const WEIGHT_DECAY = 0.01;

const optimiserFields = z.strictObject({
  kind: z
    .enum(optimiserKinds)
    .default('adam')
    .describe('Adam; RAdam, which rectifies the first steps; or AdamW, which decays weights'),
  learningRate: z.number().positive().default(8e-5).describe('the highest learning rate'),
  decay: z
    .enum(['constant', 'cosine'])
    .default('constant')
    .describe('constant as in the paper, or falling along half a cosine'),
  floor: z.number().min(0).default(0).describe('the learning rate at which the cosine ends'),
  warmup: z.int().min(0).default(0).describe('steps over which the rate rises from 0'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('decay of the first moment'),
  beta2: z.number().min(0).lt(1).default(0.99).describe('decay of the second moment'),
  epsilon: z.number().positive().default(1e-8).describe('keeps the division finite'),
  clipNorm: z
    .union([z.number().positive(), z.literal('none')])
    .default(1)
    .describe('highest norm of an optimiser\'s whole gradient, or "none"'),
  weightDecay: z
    .number()
    .min(0)
    .optional()
    .describe(`AdamW: share of a weight removed per step, times the learning rate; ${WEIGHT_DECAY} if left out`),
});
/** Only AdamW has a decay, so that no other run looks as if it had used one. */
export const optimiserSchema = optimiserFields.overwrite((optimiser) =>
  optimiser.kind === 'adamw' ? { ...optimiser, weightDecay: optimiser.weightDecay ?? WEIGHT_DECAY } : optimiser,
);
export type OptimiserConfig = z.output<typeof optimiserSchema>;

export const averageSchema = z.strictObject({
  decay: z.number().min(0).max(1).default(0.995).describe('share of the old average that is kept'),
  every: z.int().min(1).default(10).describe('steps between two updates'),
  warmup: z.int().min(0).default(100).describe('steps before which the average is a copy of the weights'),
  ramp: z
    .number()
    .min(0)
    .default(0)
    .describe(
      'n steps after the warmup, `decay` is at most 1 − n^−ramp; 0: `decay` at once, 2/3: as in the published code',
    ),
});
export type AverageConfig = z.output<typeof averageSchema>;

/** The learning rate of a step (1 at the first): linear warmup, then constant or half a cosine down to the floor. */
export function learningRateAt(step: number, steps: number, optimiser: OptimiserConfig): number {
  const { learningRate, decay, floor, warmup } = optimiser;
  if (step <= warmup) return (learningRate * step) / warmup;
  if (decay === 'constant') return learningRate;
  const progress = (step - warmup) / (steps - warmup);
  return floor + (learningRate - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** How far the average moves towards the weights at a step: all the way at first, then every few steps. */
export function averageRateAt(step: number, { decay, every, warmup, ramp }: AverageConfig): number {
  if (step <= warmup) return 1;
  if (step % every !== 0) return 0;
  return ramp === 0 ? 1 - decay : Math.max(1 - decay, (step - warmup) ** -ramp);
}
