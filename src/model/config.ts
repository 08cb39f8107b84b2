/**
 * What a model is: the one versioned schema of `config.json` in a model directory. Everything that
 * training, sampling and restoration need to know about a network stands here and nowhere else;
 * an impossible combination is refused with a sentence.
 */
import { z } from 'zod';
import { objectives } from '../diffusion/objective.ts';
import { courses } from '../diffusion/power-curve.ts';
import { scheduleKinds } from '../diffusion/schedule.ts';
import { validated } from '../math/validate.ts';

/** The paper's tasks (Table 4), and `restoration` for any other paired problem. */
export const tasks = [
  'restoration',
  'deraining',
  'shadow-removal',
  'low-light',
  'deblurring',
  'inpainting',
  'translation',
  'generation',
] as const;
export type Task = (typeof tasks)[number];

/** One U-Net (six output channels where both terms are predicted), two, or one encoder with two decoders. */
export const networkForms = ['one', 'two', 'shared-encoder'] as const;
export type NetworkForm = (typeof networkForms)[number];

/** The paper's second decoder predicts residual + noise ("add noise"); its outputs are subtracted. */
export const secondDecoders = ['residual-plus-noise', 'noise'] as const;

const unetSchema = z.strictObject({
  /** Channels of the first level. */
  dim: z.int().min(2).default(64).describe('channels of the first level'),
  /** Channels of each level as multiples of `dim`; one entry a level. */
  multipliers: z
    .array(z.int().min(1))
    .min(1)
    .default([1, 2, 4, 8])
    .describe('channels of each level, in multiples of dim'),
  /** Groups of every group norm. */
  groups: z.int().min(1).default(8).describe('groups of every group norm'),
  /** Channels of the picture: 3 colour, 1 grey. */
  channels: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .describe('channels of the picture: 3 colour, 1 grey'),
});

const scheduleSchema = z.strictObject({
  /** T, the length of the diffusion. */
  timesteps: z.int().min(2).default(1000).describe('T, the length of the diffusion'),
  /** `power`: alpha and beta² are P(x, a) or P(1 − x, a); `ddim-…`: a DDIM schedule converted by Eq. 17. */
  kind: z.enum(scheduleKinds).default('power').describe('power curves, or a DDIM schedule converted by Eq. 17'),
  /** Course of the residual's speed α over time (power schedules). */
  alpha: z.enum(courses).default('decreasing').describe('course of the residual speed over time'),
  /** Course of the noise's speed β² over time (power schedules). */
  beta: z.enum(courses).default('increasing').describe('course of the squared noise speed over time'),
  /** β̄_T², the noise strength. */
  noiseStrength: z.number().min(0).max(100).default(1).describe('the final variance of the noise'),
});

const samplingSchema = z.strictObject({
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
  /** Clip predicted residual and clean image to [-1, 1] in each step, as the reference does. */
  clip: z.enum(['reference', 'none']).default('reference').describe('clip predictions to [-1, 1] in each step, or not'),
});

const rangeSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, { error: 'expected the lower end first' });

const quantizationSchema = z.strictObject({
  /** By layer: `unet0.downs.0.0.block1.proj`. */
  layers: z.record(z.string(), z.strictObject({ input: rangeSchema, output: rangeSchema })),
});

/** What 8-bit arithmetic needs to know: the least and greatest value that goes into and out of each convolution. */
export type Quantization = z.infer<typeof quantizationSchema>;

/** The shape of `config.json`; each field documents itself. */
export const modelConfigSchema = z
  .strictObject({
    format: z.literal('rddm-model').default('rddm-model'),
    version: z.literal(1).default(1),
    task: z.enum(tasks).default('restoration').describe('the task, as in Table 4 of the paper'),
    objective: z.enum(objectives).default('residual').describe('what the network predicts'),
    networks: z.enum(networkForms).default('one').describe('one U-Net, two, or one encoder with two decoders'),
    secondDecoder: z
      .enum(secondDecoders)
      .default('residual-plus-noise')
      .describe('what the second decoder of a shared encoder predicts'),
    /** What the network sees besides I_t. */
    condition: z
      .enum(['none', 'input', 'input-and-mask'])
      .default('input')
      .describe('what the network sees besides I_t'),
    /** How time is told: the index t, or ᾱ_t·T and β̄_t·T (section 5). */
    time: z
      .enum(['index', 'cumulative'])
      .default('index')
      .describe('time as the index t, or as alphaBar*T and betaBar*T'),
    unet: unetSchema.prefault({}),
    schedule: scheduleSchema.prefault({}),
    sampling: samplingSchema.prefault({}),
    quantization: quantizationSchema.optional().describe('ranges of 8-bit convolutions, written by rddm quantize'),
    /** Where the weights come from; free text and numbers, written by training. */
    training: z.record(z.string(), z.unknown()).optional().describe('where the weights come from'),
  })
  .superRefine((config, context) => {
    const refuse = (message: string, path: string[]) => context.addIssue({ code: 'custom', message, path });
    const { objective, networks, secondDecoder, unet, condition, task, sampling, schedule, time } = config;
    if (networks !== 'one' && objective !== 'residual-noise') {
      refuse(`expected objective "residual-noise" with networks "${networks}", got "${objective}"`, ['objective']);
    }
    // Written configurations hold every default, so of what has no meaning only another value can be refused.
    if (networks !== 'shared-encoder' && secondDecoder !== 'residual-plus-noise') {
      const what = `expected networks "shared-encoder" with secondDecoder "${secondDecoder}"`;
      refuse(`${what}, since others have one decoder, got "${networks}"`, ['secondDecoder']);
    }
    for (const [curve, own] of [
      ['alpha', 'decreasing'],
      ['beta', 'increasing'],
    ] as const) {
      if (schedule.kind !== 'power' && schedule[curve] !== own) {
        const what = `expected schedule kind "power" with ${curve} "${schedule[curve]}"`;
        refuse(`${what}, since a converted schedule brings its own curves, got "${schedule.kind}"`, [
          'schedule',
          curve,
        ]);
      }
    }
    for (const multiplier of unet.multipliers) {
      if ((unet.dim * multiplier) % unet.groups !== 0) {
        refuse(
          `expected dim times each multiplier to be divisible by groups ${unet.groups}, got ${unet.dim} x ${multiplier}`,
          ['unet'],
        );
        break;
      }
    }
    if (unet.dim % unet.groups !== 0) {
      refuse(`expected dim divisible by groups ${unet.groups}, got ${unet.dim}`, ['unet', 'dim']);
    }
    if (unet.dim % 2 !== 0)
      refuse(`expected an even dim (half sines, half cosines of time), got ${unet.dim}`, ['unet', 'dim']);
    if (unet.dim < 4)
      refuse(`expected dim of at least 4 (the time embedding divides by dim/2 - 1), got ${unet.dim}`, ['unet', 'dim']);
    if (task === 'generation' && condition !== 'none') {
      refuse(`expected condition "none" for generation, which has no input, got "${condition}"`, ['condition']);
    }
    if (time === 'cumulative' && networks !== 'two') {
      refuse(
        `expected networks "two" with time "cumulative", where each network is told its own time, got "${networks}"`,
        ['networks'],
      );
    }
    if (schedule.noiseStrength === 0 && objective !== 'residual') {
      refuse(`expected objective "residual" without noise (noiseStrength 0), got "${objective}"`, ['objective']);
    }
    if (schedule.noiseStrength === 0 && task === 'generation') {
      refuse('expected a noiseStrength above 0 for generation, which starts from noise, got 0', [
        'schedule',
        'noiseStrength',
      ]);
    }
    if (sampling.noiseStrength === 0 && objective === 'noise') {
      refuse(
        'expected a noiseStrength above 0 for objective "noise", which finds the picture through the noise, got 0',
        ['sampling', 'noiseStrength'],
      );
    }
    if (sampling.steps > schedule.timesteps) {
      refuse(`expected at most ${schedule.timesteps} sampling steps, one a timestep, got ${sampling.steps}`, [
        'sampling',
        'steps',
      ]);
    }
  });

/** A complete, validated model configuration. */
export type ModelConfig = z.infer<typeof modelConfigSchema>;
/** What a person may write: every field has a default. */
export type ModelConfigInput = z.input<typeof modelConfigSchema>;

/**
 * Completes and validates a model configuration.
 *
 * @throws RddmError with one sentence that names each wrong field
 *
 * @example
 * ```ts
 * import { modelConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.equal(modelConfig({ task: 'deraining' }).unet.dim, 64);
 * assert.throws(() => modelConfig({ networks: 'two', objective: 'noise' }), /objective "residual-noise"/);
 * ```
 */
export function modelConfig(input: ModelConfigInput, where = 'modelConfig'): ModelConfig {
  return validated(modelConfigSchema, input, where);
}

/**
 * Warnings of a configuration that is allowed, but that cannot be expected to work: SM-N on restoration, which fails in
 * the paper (11.34 dB against 30.72 dB on ISTD, Table 1), and SM-N unclipped where nothing of the clean image is left.
 */
export function configWarnings({ task, objective, schedule, sampling }: ModelConfig): string[] {
  if (objective !== 'noise') return [];
  const restores = task !== 'generation' && task !== 'translation' && task !== 'inpainting';
  const isUnbounded = schedule.kind === 'power' && sampling.clip === 'none';
  return [
    ...(restores
      ? [
          `objective "noise" fails at ${task}: the paper measures 11.34 dB against 30.72 dB for "residual" on shadow removal (Table 1)`,
        ]
      : []),
    ...(isUnbounded
      ? [
          'objective "noise" with clip "none" divides by 1e-6 at the last time of a power schedule, where no clean image is left: clip "reference", or a schedule of kind "ddim-…", keeps images finite',
        ]
      : []),
  ];
}
