/**
 * A golden file of a diffusers network with settings that the real ones lack: heads, padding on all sides, cosines
 * first, a centred view, different noise in each step, steps that do not divide T. DDIM is written here from ᾱ alone.
 */
import { unetOfDiffusers } from '../../src/checkpoint/diffusers-config.ts';
import { ddimAlphaBar } from '../../src/diffusion/ddim.ts';
import type { Tensor } from '../../src/math/tensor.ts';
import { tensor } from '../../src/math/tensor.ts';
import { modelConfig } from '../../src/model/config.ts';
import { modelParameters } from '../../src/model/networks.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';
import { createNetworkDenoiser } from '../../src/sample/network-denoiser.ts';
import { formulaTensor } from './formula-weights.ts';
import { image, noise, stacked, writeGolden } from './synthetic.ts';

const settings = {
  ...{ sample_size: [8, 4], in_channels: 1, out_channels: 1, center_input_sample: true, freq_shift: 0 },
  ...{ flip_sin_to_cos: true, block_out_channels: [4, 8], layers_per_block: 1, mid_block_scale_factor: 2 },
  ...{ down_block_types: ['DownBlock2D', 'AttnDownBlock2D'], up_block_types: ['AttnUpBlock2D', 'UpBlock2D'] },
  ...{ downsample_padding: 1, act_fn: 'silu', attention_head_dim: 4, norm_num_groups: 2, norm_eps: 1e-5 },
};
const scheduler = { num_train_timesteps: 100, beta_schedule: 'scaled_linear', clip_sample: false };
const run = { steps: 3, eta: 0.5, use_clipped_model_output: false };

/** @param wrong the error added to the network's predictions in the file */
export async function writeDiffusersCase(folder: string, name: string, wrong = 0): Promise<void> {
  const unet = unetOfDiffusers(settings);
  const config = modelConfig({ task: 'generation', condition: 'none', objective: 'noise', unet });
  const parameters = Object.entries(modelParameters(config)).map(([ours, { shape }]) => {
    const newName = ours.replace('unet0.', '');
    const isNorm = /norm\w*\.(weight|bias)$/.test(newName);
    const part = newName.endsWith('.bias') ? 'bias' : 'weight';
    return {
      // Only two of the four old names, so that each weight has a name.
      name: newName.replace('to_q', 'query').replace('to_out.0', 'proj_attn'),
      newName,
      shape,
      kind: isNorm ? `norm ${part}` : part,
    };
  });
  const made = parameters.map((parameter, position) => formulaTensor(parameter, position, 6));
  const weights = Object.fromEntries(parameters.map(({ newName }, i) => [`unet0.${newName}`, made[i]]));
  const network = createNetworkDenoiser(createReferenceRuntime(), config, weights);
  const answer = async (noisy: Tensor, time: number): Promise<Tensor> =>
    (await network.predict({ noisy, residualTime: time, noiseTime: time })).noise as Tensor;

  const alphaBar = ddimAlphaBar('ddim-scaled-linear', scheduler.num_train_timesteps);
  const shape = [1, 1, 8, 4];
  const stepNoise = [1, 2, 3].map((step) => noise(shape, `step ${step}`));
  const images = [noise(shape, 'start')];
  const answers: Tensor[] = [];
  const timesteps = [66, 33, 0];
  for (const [step, time] of timesteps.entries()) {
    const [a, b] = [alphaBar[time], time === 0 ? 1 : alphaBar[time - 33]];
    const sigma = run.eta * Math.sqrt(((1 - b) / (1 - a)) * (1 - a / b));
    const said = await answer(images[step], time);
    answers.push(said);
    const data = images[step].data.map((value, i) => {
      const epsilon = said.data[i];
      const clean = (value - Math.sqrt(1 - a) * epsilon) / Math.sqrt(a);
      return Math.sqrt(b) * clean + Math.sqrt(1 - b - sigma ** 2) * epsilon + sigma * stepNoise[step].data[i];
    });
    images.push({ shape, data });
  }
  const x = image(shape, 'x');
  const output = await answer(x, 42);
  await network.release();
  const tensors = {
    x,
    time: tensor([1], [42]),
    output: { shape, data: output.data.map((value) => value + wrong) },
    parameter_last: tensor(
      [made.length],
      made.map(({ data }) => data[data.length - 1]),
    ),
    parameter_sum: tensor(
      [made.length],
      made.map(({ data }) => data.reduce((sum, value) => sum + value, 0)),
    ),
    'odd/initial_noise': images[0],
    'odd/step_noise': stacked(stepNoise),
    'odd/timesteps': tensor([3], timesteps),
    'odd/trajectory': stacked(images),
    'odd/noise_prediction': stacked(answers),
  };
  writeGolden(folder, name, tensors, {
    ...{ config: JSON.stringify(settings), scheduler: JSON.stringify(scheduler), runs: JSON.stringify({ odd: run }) },
    ...{ parameters: JSON.stringify(parameters), weight_gain: '6' },
    float64_difference: JSON.stringify({ output: 1e-6, 'odd/trajectory': 1e-5 }),
  });
}
