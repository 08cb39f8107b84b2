/** Diffusers networks on disk, in every layout, become models that sample. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stateDictFile } from '../../test/support/torch-file.ts';
import { loadModel } from '../adapters/node/files/files.ts';
import { encodeSafetensors } from '../checkpoint/safetensors.ts';
import type { TensorMap } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { sampleFinal } from '../sample/sampler.ts';
import { type ConvertFlags, convertFile, describeConversion } from './convert.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-diffusers-'));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, 'd-'));
const convert = (path: string, out: string, options: Partial<ConvertFlags> = {}) =>
  convertFile(path, { dtype: 'float32', out, ...options });

const settings = {
  ...{ _class_name: 'UNet2DModel', _diffusers_version: '0.12.1', sample_size: 4, block_out_channels: [4, 8] },
  ...{ down_block_types: ['DownBlock2D', 'AttnDownBlock2D'], up_block_types: ['UpBlock2D', 'UpBlock2D'] },
  ...{ layers_per_block: 1, norm_num_groups: 2, attention_head_dim: null, norm_eps: 1e-6 },
};
const model = modelConfig({
  ...{ task: 'generation', condition: 'none', objective: 'noise' },
  unet: {
    kind: 'diffusers',
    widths: [4, 8],
    layers: 1,
    down: ['plain', 'attention'],
    up: ['plain', 'plain'],
    groups: 2,
  },
});
const ours = initialWeights(modelParameters(model), 1);
const oldNames = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' } as const;
/** The weights under the names of old or new versions of diffusers. */
const theirs = (age: 'old' | 'new'): TensorMap =>
  Object.fromEntries(
    Object.entries(ours).map(([name, weight]) => {
      const bare = name.replace('unet0.', '');
      const old = bare.replace(/to_q|to_k|to_v|to_out\.0/, (layer) => oldNames[layer as keyof typeof oldNames]);
      return [age === 'old' ? old : bare, weight];
    }),
  );
const write = (directory: string, files: Readonly<Record<string, string | Uint8Array>>): string => {
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), contents);
  }
  return directory;
};
const config = JSON.stringify(settings);

test('a pipeline with old names becomes a model that samples', async () => {
  const scheduler = JSON.stringify({
    _class_name: 'DDPMScheduler',
    num_train_timesteps: 50,
    beta_schedule: 'scaled_linear',
  });
  const here = write(folder(), {
    'unet/config.json': config,
    'unet/diffusion_pytorch_model.safetensors': encodeSafetensors(theirs('old')),
    'scheduler/scheduler_config.json': scheduler,
  });
  const out = join(here, 'model');
  const conversion = await convert(here, out);
  const { config: read, weights } = await loadModel(out);
  assert.deepEqual(weights, ours);
  assert.deepEqual(read.schedule.kind, 'ddim-scaled-linear');
  assert.deepEqual([read.sampling.steps, read.sampling.times], [50, 'leading']);
  assert.deepEqual(conversion.assumed, []);
  assert.match(
    describeConversion('net', conversion, { out, dtype: 'float32' }),
    /^net: a UNet2DModel of diffusers\n[\s\S]*unet +diffusers, widths 4 8,[\s\S]*sampling +50 steps as DDIM/,
  );
  const denoiser = createNetworkDenoiser(createReferenceRuntime(), read, weights);
  const picture = await sampleFinal(denoiser, { shape: [1, 3, 4, 4], steps: 2 });
  assert.ok(picture.data.every((value) => Math.abs(value) <= 1));
});

test('a folder with new names and a PyTorch file, and only its file', async () => {
  const here = write(folder(), { 'config.json': config, 'diffusion_pytorch_model.bin': stateDictFile(theirs('new')) });
  const { assumed } = await convert(here, join(here, 'one'));
  assert.deepEqual(assumed, ['schedule ddim-linear, 1000 timesteps']);
  await convert(join(here, 'diffusion_pytorch_model.bin'), join(here, 'two'));
  for (const name of ['one', 'two']) assert.deepEqual((await loadModel(join(here, name))).weights, ours, name);
});

test('bad input is one sentence, and nothing is written', async () => {
  const { 'conv_in.bias': _, ...fewer } = theirs('new');
  const weights = encodeSafetensors(theirs('new'));
  const name = 'diffusion_pytorch_model.safetensors';
  const cases: [RegExp, Record<string, string | Uint8Array>, Partial<ConvertFlags>?][] = [
    [/a folder of diffusers, with config.json or unet\/config.json, got neither/, {}],
    [
      /weights named diffusion_pytorch_model.safetensors or diffusion_pytorch_model.bin, got neither/,
      { 'config.json': config },
    ],
    [/settings of diffusers, with "_class_name", got none/, { 'config.json': '{}', [name]: weights }],
    [/1 missing \(unet0.conv_in.bias\)/, { 'config.json': config, [name]: encodeSafetensors(fewer) }],
    [
      /without options, since its own files describe it, got "groups"/,
      { 'config.json': config, [name]: weights },
      { groups: 2 },
    ],
    [
      /"norm_num_groups": expected a number of at least 1/,
      { 'config.json': JSON.stringify({ ...settings, norm_num_groups: 0 }), [name]: weights },
    ],
    [
      /"unet.widths": expected widths divisible by groups 3, got 4/,
      { 'config.json': JSON.stringify({ ...settings, norm_num_groups: 3 }), [name]: weights },
    ],
    [
      /"prediction_type": expected "epsilon"/,
      { 'config.json': config, [name]: weights, 'scheduler_config.json': '{"prediction_type": "sample"}' },
    ],
  ];
  for (const [message, files, options] of cases) {
    const here = write(folder(), files);
    const before = readdirSync(here);
    await assert.rejects(convert(here, join(here, 'model'), options), { name: 'RddmError', message });
    assert.deepEqual(readdirSync(here), before);
  }
});
