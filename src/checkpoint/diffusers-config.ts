/**
 * Translates the settings of a diffusers network and its scheduler: `config.json` of a `UNet2DModel` becomes a `unet`
 * of kind "diffusers", `scheduler_config.json` a converted schedule (Eq. 17). Unsupported settings that would change
 * the result are refused; settings that cannot change it are ignored.
 */
import { z } from 'zod';
import { expected } from '../math/errors.ts';
import { validated } from '../math/validate.ts';
import type { ModelConfigInput } from '../model/config.ts';
import type { NetworkConfigOf } from '../networks/registry.ts';

/** A setting with only one supported value; older files leave it out. */
const only = <const Value extends string | number | boolean | null>(value: Value) => z.literal(value).optional();

const blocks = (direction: 'Down' | 'Up') =>
  z
    .array(z.enum([`${direction}Block2D`, `Attn${direction}Block2D`]))
    .transform((types) => types.map((type) => (type.startsWith('Attn') ? 'attention' : 'plain')));

/** The settings of UNet2DModel; the defaults are those of its constructor. */
const unetSettings = z.strictObject({
  sample_size: z.union([z.int(), z.tuple([z.int(), z.int()]), z.null()]).default(null),
  in_channels: z.union([z.literal(1), z.literal(3)]).default(3),
  out_channels: z.union([z.literal(1), z.literal(3)]).default(3),
  center_input_sample: z.boolean().default(false),
  time_embedding_type: only('positional'),
  freq_shift: z.number().default(0),
  flip_sin_to_cos: z.boolean().default(true),
  down_block_types: blocks('Down').prefault([
    'DownBlock2D',
    ...new Array<'AttnDownBlock2D'>(3).fill('AttnDownBlock2D'),
  ]),
  up_block_types: blocks('Up').prefault([...new Array<'AttnUpBlock2D'>(3).fill('AttnUpBlock2D'), 'UpBlock2D']),
  block_out_channels: z.array(z.int().min(1)).min(1).default([224, 448, 672, 896]),
  layers_per_block: z.int().min(1).default(2),
  mid_block_scale_factor: z.number().positive().default(1),
  downsample_padding: z.union([z.literal(0), z.literal(1)]).default(1),
  act_fn: z.enum(['silu', 'swish']).optional(),
  attention_head_dim: z.int().min(1).nullable().default(8),
  norm_num_groups: z.int().min(1).default(32),
  norm_eps: z.number().positive().default(1e-5),
  mid_block_type: only('UNetMidBlock2D'),
  downsample_type: only('conv'),
  upsample_type: only('conv'),
  attn_norm_num_groups: only(null),
  resnet_time_scale_shift: only('default'),
  add_attention: only(true),
  class_embed_type: only(null),
  num_class_embeds: only(null),
  // Neither changes the output of a trained network.
  dropout: z.number().optional(),
  num_train_timesteps: z.int().nullable().optional(),
});

/** The β schedules that Eq. 17 converts, by their diffusers names. */
const scheduleKinds = {
  linear: 'ddim-linear',
  scaled_linear: 'ddim-scaled-linear',
  squaredcos_cap_v2: 'ddim-squared-cosine',
} as const;

/** The settings of DDPMScheduler and DDIMScheduler that matter for deterministic or DDPM-like sampling. */
const schedulerSettings = z.strictObject({
  num_train_timesteps: z.int().min(2).default(1000),
  beta_schedule: z.enum(Object.keys(scheduleKinds) as (keyof typeof scheduleKinds)[]).default('linear'),
  // The ends of the published networks; the squared cosine has none.
  beta_start: only(1e-4),
  beta_end: only(0.02),
  trained_betas: only(null),
  prediction_type: only('epsilon'),
  clip_sample: z.boolean().default(true),
  clip_sample_range: only(1),
  set_alpha_to_one: only(true),
  steps_offset: only(0),
  thresholding: only(false),
  timestep_spacing: only('leading'),
  rescale_betas_zero_snr: only(false),
  // For DDPMScheduler's own sampling, and for thresholding.
  variance_type: z.string().optional(),
  dynamic_thresholding_ratio: z.number().optional(),
  sample_max_value: z.number().optional(),
  // From the first versions.
  tensor_format: z.string().optional(),
  timestep_values: only(null),
});

/** Our settings of a diffusers network. */
export type DiffusersNetwork = NetworkConfigOf<'diffusers'>;

/** Settings without those in which diffusers describes itself: `_class_name`, `_diffusers_version`. */
function ownSettings(settings: unknown, where: string): Record<string, unknown> {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw expected(where, 'an object of settings', JSON.stringify(settings));
  }
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !name.startsWith('_')));
}

/** Whether settings belong to a network that `unetOfDiffusers` reads. */
export const isDiffusersNetwork = (settings: unknown): boolean =>
  typeof settings === 'object' && settings !== null && '_class_name' in settings;

/**
 * The `unet` of a model's configuration from the settings of a `UNet2DModel`.
 *
 * @param settings the parsed `config.json`
 * @param where the file's name, for messages
 * @throws RddmError with one sentence that names each unknown setting and each unsupported value
 *
 * @example
 * ```ts
 * import { unetOfDiffusers } from 'rddm';
 * import assert from 'node:assert/strict';
 * const settings = {
 *   _class_name: 'UNet2DModel', sample_size: 32, block_out_channels: [128, 256],
 *   down_block_types: ['DownBlock2D', 'AttnDownBlock2D'], up_block_types: ['AttnUpBlock2D', 'UpBlock2D'],
 *   attention_head_dim: null, norm_eps: 1e-6, downsample_padding: 0, freq_shift: 1, flip_sin_to_cos: false,
 * };
 * const unet = unetOfDiffusers(settings);
 * assert.deepEqual([unet.widths, unet.down], [[128, 256], ['plain', 'attention']]);
 * assert.throws(() => unetOfDiffusers({ ...settings, act_fn: 'gelu' }), /"act_fn": expected "silu" or "swish", got "gelu"/);
 * ```
 */
export function unetOfDiffusers(settings: unknown, where = 'unetOfDiffusers'): DiffusersNetwork {
  const own = ownSettings(settings, where);
  const { _class_name: className = 'UNet2DModel' } = settings as { _class_name?: unknown };
  if (className !== 'UNet2DModel') throw expected(where, 'a network of class UNet2DModel', JSON.stringify(className));
  const given = validated(unetSettings, own, where);
  const { in_channels: inChannels, out_channels: outChannels, sample_size: side } = given;
  if (inChannels !== outChannels) {
    const remedy = 'only networks that take a noisy picture and predict its noise are supported';
    throw expected(where, '"in_channels" equal to "out_channels"', `${inChannels} and ${outChannels}`, remedy);
  }
  return {
    kind: 'diffusers',
    widths: given.block_out_channels,
    layers: given.layers_per_block,
    down: given.down_block_types as DiffusersNetwork['down'],
    up: given.up_block_types as DiffusersNetwork['up'],
    ...(given.attention_head_dim !== null && { headChannels: given.attention_head_dim }),
    groups: given.norm_num_groups,
    epsilon: given.norm_eps,
    frequencyShift: given.freq_shift,
    timeOrder: given.flip_sin_to_cos ? 'cosine-first' : 'sine-first',
    downPadding: given.downsample_padding,
    view: given.center_input_sample ? 'centred' : 'as-is',
    middleScale: given.mid_block_scale_factor,
    ...(side !== null && { size: typeof side === 'number' ? [side, side] : side }),
    channels: inChannels,
  };
}

/**
 * The `schedule` and `sampling` of a model's configuration from the settings of a `DDPMScheduler` or `DDIMScheduler`:
 * the schedule converted by Eq. 17, sampled in 50 steps exactly like `DDIMScheduler`.
 *
 * @param settings the parsed `scheduler_config.json`; an empty object has the scheduler's defaults
 * @param where the file's name, for messages
 * @throws RddmError with one sentence that names each unknown setting and each unsupported value
 *
 * @example
 * ```ts
 * import { scheduleOfDiffusers } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { schedule, sampling } = scheduleOfDiffusers({ beta_schedule: 'squaredcos_cap_v2', clip_sample: false });
 * assert.deepEqual(schedule, { timesteps: 1000, kind: 'ddim-squared-cosine' });
 * assert.equal(sampling.clip, 'none');
 * assert.throws(() => scheduleOfDiffusers({ prediction_type: 'v_prediction' }), /expected "epsilon", got "v_prediction"/);
 * ```
 */
export function scheduleOfDiffusers(
  settings: unknown,
  where = 'scheduleOfDiffusers',
): { readonly [part in 'schedule' | 'sampling']: NonNullable<ModelConfigInput[part]> } {
  const given = validated(schedulerSettings, ownSettings(settings, where), where);
  const { num_train_timesteps: timesteps, beta_schedule: betas, clip_sample: isClipped } = given;
  return {
    schedule: { timesteps, kind: scheduleKinds[betas] },
    sampling: {
      steps: Math.min(50, timesteps),
      times: 'leading',
      update: 'mixture',
      variance: 'ddpm',
      clip: isClipped ? 'reference' : 'none',
    },
  };
}
