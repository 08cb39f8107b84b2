/**
 * Everything that determines a training run, in one validated schema: the model, the data, the optimiser, and how often
 * to log and save. It is written into the run's directory; a run is its configuration and its seed.
 */
import { z } from 'zod';
import { datasetConfigSchema } from '../data/dataset-config.ts';
import { maskMeaning } from '../data/degrade/degradation.ts';
import { clips } from '../diffusion/objective.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { refusalOf } from '../math/errors.ts';
import { problemsOf, type Refuse, validated } from '../math/validate.ts';
import { type ModelConfig, modelConfigSchema } from '../model/config.ts';
import { askedTimes } from '../model/reverse-way.ts';
import { networkOf } from '../networks/registry.ts';
import { devices } from '../runtime/runtime.ts';
import { growthSchema, refuseGrowth } from './growth.ts';
import { lossDescriptions, lossNames } from './losses.ts';
import { averageSchema, type OptimiserConfig, optimiserSchema } from './rates.ts';
import { refuseValidation, validationSchema } from './validation-config.ts';

/** What a run was on before it was changed; see src/operations/train/resumed-run.ts. */
const earlierSchema = z.strictObject({
  until: z.int().min(1).describe('the last step on it'),
  steps: z.int().min(1),
  learningRate: z.number().positive(),
  device: z.enum(devices),
});

const initSchema = z.strictObject({
  model: z.string().min(1).describe('the name of the model'),
  weights: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256, 64 hexadecimal digits' })
    .describe('the SHA-256 of its weights.safetensors, in float32'),
});

/** AOSA (Algorithm 2). The reference weights the losses as printed, and clips. */
const selectionSchema = z.strictObject({
  weighting: z
    .enum(['printed', 'equal'])
    .default('printed')
    .describe('weights lambda and 1 - lambda as in Eq. 53, or none'),
  clip: z
    .enum(clips)
    .default('reference')
    .describe('whether to clip the clean image that follows from noise to [-1, 1]'),
  rate: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe('share of the learning rate for lambda: below 1, it waits for the network to learn'),
  threshold: z.number().positive().lt(0.5).default(0.01).describe('distance from 0.5 at which lambda decides'),
});
export type SelectionConfig = z.output<typeof selectionSchema>;

/** The shape of a training configuration; each field documents itself. */
export const trainConfigSchema = z
  .strictObject({
    model: modelConfigSchema.prefault({}),
    data: datasetConfigSchema,
    objective: z
      .enum(['model', 'automatic'])
      .default('model')
      .describe("what the network predicts: the model's objective, or the residual or the noise, chosen by AOSA"),
    selection: selectionSchema.prefault({}).describe('how an automatic objective is chosen'),
    steps: z.int().min(1).default(80_000).describe('optimiser steps, including those of choosing an objective'),
    batch: z.int().min(1).default(1).describe('pictures per program run'),
    growth: growthSchema
      .optional()
      .describe('stages with squares and batches of other sizes, each from a share of the steps on'),
    accumulation: z.int().min(1).default(2).describe('program runs per step; their gradients are averaged'),
    loss: z.enum(lossNames).default('l1').describe(lossDescriptions),
    losses: z
      .enum(['summed', 'separate'])
      .default('summed')
      .describe('the losses of two networks with one optimiser, or one optimiser each'),
    times: z
      .enum(['all', 'sampled'])
      .default('all')
      .describe("which times are trained: all, or only those at which the model's own sampler asks the network"),
    optimiser: optimiserSchema.prefault({}),
    average: averageSchema
      .prefault({})
      .describe('the moving average of the weights (EMA), which is the model that ships'),
    seed: z.int().default(0).describe('the random seed of the run'),
    logEvery: z.int().min(1).default(10).describe('steps between two log lines'),
    checkpointEvery: z.int().min(1).default(500).describe('steps between two checkpoints'),
    sampleEvery: z.int().min(0).default(1000).describe('steps between two sample grids; 0 for none'),
    init: initSchema.optional().describe('the weights that the run started from; a run writes this itself'),
    earlier: z
      .array(earlierSchema)
      .optional()
      .describe('what a run that was changed when it was resumed was on before; a run writes this itself'),
    validation: validationSchema.optional().describe('pictures that are held back, to score the model on'),
    workers: z.int().min(1).default(1).describe('threads that load pictures'),
    device: z.enum(devices).default('cpu').describe('where to compute; devices round differently'),
  })
  .superRefine((config, context) => {
    const refuse: Refuse = (message, path) => context.addIssue({ code: 'custom', message, path });
    const { model, data } = config;
    const { levels, sizeMultiple: multiple } = networkOf(model.unet);
    if (data.crop % multiple !== 0) {
      refuse(`expected a crop divisible by ${multiple}, as ${levels} levels need, got ${data.crop}`, ['data', 'crop']);
    }
    refuseGrowth(config, multiple, (message, path) => refuse(message, ['growth', ...path]));
    if (config.growth && config.objective === 'automatic') {
      refuse('expected objective "model" with growth, got "automatic"', ['growth']);
    }
    if (model.task === 'generation' && data.kind !== 'images') {
      refuse(`expected data of kind "images" for generation, which has no input, got "${data.kind}"`, ['data', 'kind']);
    }
    if (model.task !== 'generation' && data.kind === 'images') {
      refuse(
        `expected data with an input for ${model.task} (folders, flist, degraded, masked or unpaired), got "images"`,
        ['data', 'kind'],
      );
    }
    const hasMask = 'mask' in data && data.mask !== undefined;
    const makesMask =
      data.kind === 'masked' || (data.kind === 'degraded' && maskMeaning(data.degradation.kind) !== undefined);
    if (model.condition === 'input-and-mask' && !hasMask && !makesMask) {
      refuse('expected data with masks for condition "input-and-mask", got none', ['data', 'mask']);
    }
    if (model.condition !== 'input-and-mask' && hasMask) {
      const what = 'condition "input-and-mask" with masks, which nothing else uses';
      refuse(`expected ${what}, got "${model.condition}"`, ['data', 'mask']);
    }
    if (model.quantization) {
      refuse('expected a model in float32, got one with ranges of 8-bit arithmetic: leave them out', [
        'model',
        'quantization',
      ]);
    }
    if (config.objective === 'automatic') refuseSelection(model, context, refuse);
    if (config.times === 'sampled') refuseSampledTimes(config, context, refuse);
    if (config.losses === 'separate' && model.networks !== 'two') {
      refuse(`expected model.networks "two" with losses "separate", an optimiser each, got "${model.networks}"`, [
        'losses',
      ]);
    }
    if (config.sampleEvery % config.checkpointEvery !== 0) {
      refuse(`expected a multiple of checkpointEvery (${config.checkpointEvery}), got ${config.sampleEvery}`, [
        'sampleEvery',
      ]);
    }
    refuseOptimiser(config.optimiser, (message, path) => refuse(message, ['optimiser', ...path]));
    refuseValidation(config, refuse);
    if (config.optimiser.warmup >= config.steps) {
      refuse(`expected a warmup shorter than the ${config.steps} steps, got ${config.optimiser.warmup}`, [
        'optimiser',
        'warmup',
      ]);
    }
  });

/** Refuses settings of the optimiser that would not count. */
function refuseOptimiser({ kind, decay, floor, learningRate, weightDecay }: OptimiserConfig, refuse: Refuse): void {
  if (kind !== 'adamw' && weightDecay !== undefined) {
    refuse(`expected optimiser.kind "adamw" with a weightDecay, got "${kind}"`, ['weightDecay']);
  }
  if (decay !== 'cosine' && floor !== 0) {
    refuse(`expected decay "cosine" with a floor, where it ends, got "${decay}"`, ['floor']);
  }
  if (floor > learningRate)
    refuse(`expected a floor of at most the learningRate ${learningRate}, got ${floor}`, ['floor']);
}

/** Refuses what needs times that the model's own sampler does not visit. */
function refuseSampledTimes(
  { model, objective }: { readonly model: ModelConfig; readonly objective: string },
  context: z.RefinementCtx,
  refuse: Refuse,
): void {
  if (objective === 'automatic') {
    // At the last time the implied clean image is divided by almost nothing (Eq. 16).
    refuse('expected times "all" with objective "automatic", whose choice needs every time, got "sampled"', ['times']);
  }
  if (context.issues.some(({ path }) => path?.[0] === 'model')) return;
  const refusal = refusalOf(() => askedTimes(model));
  if (refusal) refuse(`${refusal} (times "sampled")`, ['model', 'sampling']);
}

/** Refuses models for which AOSA cannot choose an objective. */
function refuseSelection(model: ModelConfig, context: z.RefinementCtx, refuse: Refuse): void {
  const automatic = 'with objective "automatic"';
  if (model.networks !== 'one') {
    refuse(`expected networks "one" ${automatic}, got "${model.networks}"`, ['model', 'networks']);
  }
  if (model.objective !== 'residual') {
    refuse(`expected no objective of the model ${automatic}, got "${model.objective}"`, ['model', 'objective']);
  }
  // Here the model has the residual as objective; its other errors are already reported.
  if (context.issues.some(({ path }) => path?.[0] === 'model')) return;
  const problems = problemsOf(modelConfigSchema, { ...model, objective: 'noise' });
  for (const { message, path } of problems) {
    refuse(`${message} (objective "automatic" may choose the noise)`, ['model', ...path.map(String)]);
  }
  if (problems.length > 0) return;
  // The noise implied by a residual is divided by β̄ (Eq. 16), and the norm of its gradient has the square.
  const [first] = createSchedule(model.schedule).betaBar;
  if (Math.fround(first ** -2) === Infinity) {
    const what = `expected a schedule with noise at its first time ${automatic}, which divides by betaBar`;
    const remedy = 'take another course of beta, a smaller exponent or more noise';
    refuse(`${what}, got betaBar ${Number(first.toPrecision(2))}; ${remedy}`, ['model', 'schedule']);
  }
}

/** A complete, validated training configuration. */
export type TrainConfig = z.output<typeof trainConfigSchema>;
/** The same as people write it: everything but `data` has a default. */
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/**
 * Completes and validates a training configuration.
 *
 * @param input what someone wrote, of any type: it may come from a file
 * @throws RddmError with one sentence that names each wrong field
 *
 * @example
 * ```ts
 * import { trainConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const config = trainConfig({ data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' } } });
 * assert.equal(config.optimiser.learningRate, 8e-5);
 * assert.throws(() => trainConfig({ data: { kind: 'images', folder: 'photos' } }), /data with an input/);
 * ```
 */
export function trainConfig(input: unknown, where = 'trainConfig'): TrainConfig {
  return validated(trainConfigSchema, input, where);
}
