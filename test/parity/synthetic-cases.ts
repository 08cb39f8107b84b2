/** Golden files that we make ourselves: each has a setting, or a combination, that no real one has. */
import { createSchedule, scheduleFromTables } from '../../src/diffusion/schedule.ts';
import { filled, type Tensor, tensor } from '../../src/math/tensor.ts';
import { image, noise, smallModel, writeGolden, writeSampling, writeTraining } from './synthetic.ts';
import { writeDiffusersCase } from './synthetic-diffusers.ts';

/**
 * Grey and not square, with fewer timesteps than the default steps; then with words that are misread, not understood,
 * or not read.
 */
async function writeGreyCases(folder: string): Promise<void> {
  const model = smallModel({ unet: { channels: 1 }, schedule: { timesteps: 4, noiseStrength: 0.3 } });
  const shape = [1, 1, 8, 4];
  const options = { input: image(shape, 'input'), initialNoise: noise(shape, 'start'), steps: 3 };
  const metadata = { objective: 'pred_res', networks: 'one', sum_scale: '0.3', timesteps: '4' };
  await writeSampling(folder, 'sample-grey', model, options, metadata);
  await writeSampling(folder, 'sample-nonsense', model, options, { ...metadata, schedule: 'DDIM sigmoid' });
  await writeSampling(folder, 'sample-unread', model, options, { ...metadata, attention_heads: '4' });
  await writeSampling(folder, 'sample-wrong', model, options, { ...metadata, sum_scale: '0.5' });
}

/** A network that gets one mask channel is, here, one with three equal channels. */
async function writeMaskCase(folder: string): Promise<void> {
  const model = smallModel({ objective: 'residual-noise', networks: 'two', condition: 'input-and-mask' });
  const shape = [1, 3, 4, 8];
  const flat = tensor(
    [1, 1, 4, 8],
    Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  );
  const mask = tensor(shape, [...flat.data, ...flat.data, ...flat.data]);
  const summed = ({ data }: Tensor): Tensor => {
    const area = 49;
    const value = (out: number, channel: number, at: number) => data[(out * 9 + channel) * area + at];
    const values = Array.from({ length: 4 * 7 * area }, (_, i) => {
      const [out, channel, at] = [Math.floor(i / (7 * area)), Math.floor(i / area) % 7, i % area];
      if (channel < 6) return value(out, channel, at);
      return value(out, 6, at) + value(out, 7, at) + value(out, 8, at);
    });
    return tensor([4, 7, 7, 7], values);
  };
  const stored = Object.fromEntries(
    Object.entries(model.weights).map(([name, weight]) => [
      name,
      name.endsWith('init_conv.weight') ? summed(weight) : weight,
    ]),
  );
  const options = { input: image(shape, 'input'), mask, initialNoise: noise(shape, 'start'), steps: 2 };
  const metadata = { objective: 'pred_res_noise', networks: 'two', sum_scale: '1', timesteps: '1000' };
  await writeSampling(folder, 'sample-mask', model, options, metadata, { stored, tensors: { mask: flat } });
}

/** One network with a cumulative time, its own tables, and fresh noise in each step. */
async function writeNoiseCase(folder: string): Promise<void> {
  const [alphaBar, betaBar] = [
    tensor([5], [0.1, 0.25, 0.5, 0.75, 0.875]),
    tensor([5], [0.125, 0.25, 0.5, 0.625, 0.75]),
  ];
  const shape = [2, 3, 4, 4];
  const model = smallModel({ task: 'generation', condition: 'none', objective: 'noise', schedule: { timesteps: 5 } });
  const options = {
    shape,
    initialNoise: noise(shape, 'start'),
    stepNoise: [noise(shape, 'first'), noise(shape, 'second')],
    steps: 3,
    eta: 0.5,
    schedule: scheduleFromTables(alphaBar.data, betaBar.data),
    start: 'unit-noise' as const,
  };
  const metadata = {
    objective: 'noise, one network',
    sum_scale: '0.5625',
    schedule: 'another',
    'network times': 'beta_bar[t]*5 for the noise network',
  };
  const tensors = { alpha_bar: alphaBar, beta_bar: betaBar };
  await writeSampling(folder, 'sample-noise', model, options, metadata, {
    tensors,
    networkTime: (time) => betaBar.data[time] * 5,
  });
}

/** Two networks with separate times, and a converted schedule named only in words. */
async function writeCumulativeCase(folder: string): Promise<void> {
  const model = smallModel({
    task: 'generation',
    condition: 'none',
    objective: 'residual-noise',
    networks: 'two',
    time: 'cumulative',
    unet: { multipliers: [1, 1, 2] },
    schedule: { timesteps: 100, kind: 'ddim-scaled-linear' },
  });
  const shape = [1, 3, 4, 12];
  await writeSampling(
    folder,
    'sample-cumulative',
    model,
    { shape, initialNoise: noise(shape, 'start'), steps: 2 },
    {
      objective: 'residual and noise, two networks',
      sum_scale: '1',
      timesteps: '100',
      schedule: 'DDIM scaled linear converted',
      'network times': 'alpha_bar[t]*100 for the residual network, beta_bar[t]*100 for the noise network',
    },
  );
}

/** Networks of other forms, described in the reference's words. */
async function writeFormCases(folder: string): Promise<void> {
  const shape = [1, 1, 4, 4];
  const options = { input: image(shape, 'input'), initialNoise: noise(shape, 'start'), steps: 2 };
  const fields = { objective: 'residual-noise', unet: { channels: 1 } } as const;
  const one = smallModel({ ...fields, networks: 'one' });
  const metadata = { sum_scale: '1', timesteps: '1000' };
  await writeSampling(folder, 'sample-both', one, options, {
    ...metadata,
    objective: 'residual and noise, one network',
  });
  const shared = smallModel({ ...fields, networks: 'shared-encoder', secondDecoder: 'residual-plus-noise' });
  const words = { objective: 'pred_res_add_noise', networks: 'shared-encoder' };
  await writeSampling(folder, 'sample-add', shared, options, { ...metadata, ...words });
}

async function writeTrainingCases(folder: string): Promise<void> {
  const grey = smallModel({
    task: 'generation',
    condition: 'none',
    objective: 'noise',
    unet: { channels: 1 },
    schedule: { timesteps: 20 },
  });
  const tables = createSchedule({ timesteps: 20, alpha: 'mean', beta: 'decreasing', noiseStrength: 0.5 });
  await writeTraining(
    folder,
    'train-noise',
    grey,
    { shape: [2, 1, 4, 6], steps: 2, loss: 'l2', accumulation: 2 },
    {
      objective: 'noise, one network',
      loss: 'mean squared error of the noise',
      sum_scale: '0.5',
      timesteps: '20',
      schedule: 'mean alpha, decreasing beta2',
      accumulation: '2',
    },
    tables,
  );
  const shared = smallModel({
    objective: 'residual-noise',
    networks: 'shared-encoder',
    secondDecoder: 'noise',
    unet: { multipliers: [1] },
    condition: 'input-and-mask',
    schedule: { noiseStrength: 0.25 },
  });
  await writeTraining(
    folder,
    'train-shared',
    shared,
    { shape: [1, 3, 4, 4], steps: 1, loss: 'l1', accumulation: 1 },
    {
      objective: 'residual and noise, shared encoder',
      loss: 'l1_loss of both',
      sum_scale: '0.25',
    },
  );
}

/** A training case with its final weights twice. */
function writeUntestable(folder: string): void {
  const { weights } = smallModel({ schedule: { timesteps: 20 } });
  const tensors = Object.fromEntries(
    Object.entries(weights).flatMap(([name, weight]) => [
      [`initial/${name}`, weight],
      [`final/${name}`, weight],
    ]),
  );
  const images = { clean: filled([1, 1, 3, 4, 4], 0), input: filled([1, 1, 3, 4, 4], 0) };
  writeGolden(
    folder,
    'train-untestable',
    { ...tensors, ...images, noise: images.clean, time: filled([1, 1], 0), loss: filled([1], 1) },
    {
      dim: '4',
      dim_mults: '[1, 2]',
      groups: '2',
      objective: 'residual, one network',
      loss: 'mean absolute error',
      sum_scale: '1',
      learning_rate: '1',
      adam_betas: '[0.9, 0.99]',
      adam_eps: '1e-8',
      clip_grad_norm: 'none',
    },
  );
}

/** Writes all cases into a folder. */
export async function writeCases(folder: string): Promise<void> {
  await writeGreyCases(folder);
  await writeMaskCase(folder);
  await writeNoiseCase(folder);
  await writeCumulativeCase(folder);
  await writeFormCases(folder);
  await writeTrainingCases(folder);
  writeUntestable(folder);
  await writeDiffusersCase(folder, 'diffusers-odd');
  await writeDiffusersCase(folder, 'diffusers-wrong', 1e-3);
}
