/** The settings and names of diffusers, translated to ours. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { scheduleOfDiffusers, unetOfDiffusers } from './diffusers-config.ts';
import { weightsOfDiffusers } from './diffusers-weights.ts';

/** The settings of google/ddpm-cifar10-32. */
const cifar = {
  ...{ _class_name: 'UNet2DModel', _diffusers_version: '0.0.4', act_fn: 'silu', attention_head_dim: null },
  ...{ block_out_channels: [128, 256, 256, 256], center_input_sample: false, downsample_padding: 0 },
  down_block_types: ['DownBlock2D', 'AttnDownBlock2D', 'DownBlock2D', 'DownBlock2D'],
  ...{ flip_sin_to_cos: false, freq_shift: 1, in_channels: 3, layers_per_block: 2, mid_block_scale_factor: 1 },
  ...{ norm_eps: 1e-6, norm_num_groups: 32, out_channels: 3, sample_size: 32, time_embedding_type: 'positional' },
  up_block_types: ['UpBlock2D', 'UpBlock2D', 'AttnUpBlock2D', 'UpBlock2D'],
};

describe('the network', () => {
  test('published settings are the defaults of our schema', () => {
    const { unet } = modelConfig({ unet: { kind: 'diffusers', size: [32, 32] } });
    assert.deepEqual(unetOfDiffusers(cifar), unet);
  });

  test("settings that a file leaves out default to those of diffusers' constructor", () => {
    const { widths, down, up, headChannels, epsilon, timeOrder, frequencyShift, downPadding, size } = unetOfDiffusers(
      {},
    );
    assert.deepEqual(widths, [224, 448, 672, 896]);
    assert.deepEqual(down, ['plain', 'attention', 'attention', 'attention']);
    assert.deepEqual(up, ['attention', 'attention', 'attention', 'plain']);
    assert.deepEqual([headChannels, epsilon, frequencyShift, downPadding, size], [8, 1e-5, 0, 1, undefined]);
    assert.equal(timeOrder, 'cosine-first');
  });

  const refused: readonly (readonly [setting: Record<string, unknown>, sentence: RegExp])[] = [
    [{ act_fn: 'mish' }, /^file: "act_fn": expected "silu" or "swish", got "mish"$/],
    [{ time_embedding_type: 'fourier' }, /"time_embedding_type": expected "positional", got "fourier"/],
    [{ down_block_types: ['SkipDownBlock2D'] }, /"down_block_types.0": expected "DownBlock2D" or "AttnDownBlock2D"/],
    [{ up_block_types: ['ResnetUpsampleBlock2D'] }, /"up_block_types.0": expected "UpBlock2D" or "AttnUpBlock2D"/],
    [{ downsample_padding: 2 }, /"downsample_padding": expected 0 or 1, got 2/],
    [{ resnet_time_scale_shift: 'scale_shift' }, /"resnet_time_scale_shift": expected "default"/],
    [{ num_class_embeds: 10 }, /"num_class_embeds": expected null, got 10/],
    [{ in_channels: 4, out_channels: 4 }, /"in_channels": expected 1 or 3, got 4/],
    [{ in_channels: 1 }, /^file: expected "in_channels" equal to "out_channels", got 1 and 3/],
    [{ novelty: 1 }, /expected only the keys sample_size, .*, got "novelty": correct or remove it/],
    [{ _class_name: 'UNet2DConditionModel' }, /expected a network of class UNet2DModel, got "UNet2DConditionModel"/],
  ];
  for (const [setting, message] of refused) {
    test(JSON.stringify(setting), () =>
      assert.throws(() => unetOfDiffusers({ ...cifar, ...setting }, 'file'), { name: 'RddmError', message }),
    );
  }

  test('settings that are not an object', () => {
    assert.throws(() => unetOfDiffusers([1], 'file'), { message: 'file: expected an object of settings, got [1]' });
  });
});

describe('the scheduler', () => {
  test('each β schedule, and whether images are clipped', () => {
    const kindOf = (name: string) => scheduleOfDiffusers({ beta_schedule: name }).schedule.kind;
    assert.deepEqual(['linear', 'scaled_linear', 'squaredcos_cap_v2'].map(kindOf), [
      'ddim-linear',
      'ddim-scaled-linear',
      'ddim-squared-cosine',
    ]);
    assert.equal(scheduleOfDiffusers({ clip_sample: false }).sampling.clip, 'none');
    const { schedule, sampling } = scheduleOfDiffusers({
      _class_name: 'DDPMScheduler',
      num_train_timesteps: 20,
      variance_type: 'fixed_small',
    });
    assert.deepEqual(schedule, { timesteps: 20, kind: 'ddim-linear' });
    assert.deepEqual(sampling, { steps: 20, times: 'leading', update: 'mixture', variance: 'ddpm', clip: 'reference' });
  });

  for (const [setting, message] of [
    [
      { beta_schedule: 'sigmoid' },
      /"beta_schedule": expected "linear", "scaled_linear" or "squaredcos_cap_v2", got "sigmoid"/,
    ],
    [{ beta_end: 0.012 }, /"beta_end": expected 0.02, got 0.012/],
    [{ prediction_type: 'sample' }, /"prediction_type": expected "epsilon", got "sample"/],
    [{ thresholding: true }, /"thresholding": expected false, got true/],
    [{ timestep_spacing: 'trailing' }, /"timestep_spacing": expected "leading", got "trailing"/],
    [{ algorithm_type: 'dpmsolver' }, /expected only the keys num_train_timesteps, .*, got "algorithm_type"/],
  ] as const) {
    test(JSON.stringify(setting), () =>
      assert.throws(() => scheduleOfDiffusers(setting, 'file'), { name: 'RddmError', message }),
    );
  }
});

describe('names of weights', () => {
  const one = tensor([1], [1]);
  const at = 'down_blocks.1.attentions.0';

  test('old names become new ones, others stay', () => {
    const old = ['query.weight', 'key.bias', 'value.weight', 'proj_attn.bias', 'group_norm.weight'].map(
      (part) => `${at}.${part}`,
    );
    const names = Object.keys(
      weightsOfDiffusers(Object.fromEntries([...old, 'conv_in.bias'].map((name) => [name, one]))),
    );
    const parts = ['to_q.weight', 'to_k.bias', 'to_v.weight', 'to_out.0.bias', 'group_norm.weight'];
    assert.deepEqual(names, [...parts.map((part) => `unet0.${at}.${part}`), 'unet0.conv_in.bias']);
  });

  test('a layer under both names is refused', () => {
    assert.throws(() => weightsOfDiffusers({ [`${at}.query.bias`]: one, [`${at}.to_q.bias`]: one }, 'file'), {
      message: /^file: expected one name for each layer, got both .*query.bias and .*to_q.bias/,
    });
  });
});
