/** `diffusers-*`: a UNet2DModel with formula weights under either name: forward passes, and every sampling run. */
import { scheduleOfDiffusers, unetOfDiffusers } from '../../src/checkpoint/diffusers-config.ts';
import { weightsOfDiffusers } from '../../src/checkpoint/diffusers-weights.ts';
import { matchWeights } from '../../src/checkpoint/match.ts';
import { weightShapes } from '../../src/checkpoint/model-directory.ts';
import { toDdim } from '../../src/diffusion/convert.ts';
import { createSchedule } from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';
import { showShape } from '../../src/math/shape.ts';
import { largestDifference, type Tensor, type TensorMap } from '../../src/math/tensor.ts';
import { type ModelConfig, modelConfig } from '../../src/model/config.ts';
import { networkOf } from '../../src/networks/registry.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createNetworkDenoiser, inferenceProgram, type NetworkDenoiser } from '../../src/sample/network-denoiser.ts';
import { sample, sampleFinal } from '../../src/sample/sampler.ts';
import { type Check, worst } from './check.ts';
import { formulaWeights } from './formula-weights.ts';
import { entry, type GoldenFile, roundingLimit } from './golden-file.ts';

/** A run listed in the file. */
interface Run {
  readonly steps: number;
  readonly eta: number;
  readonly use_clipped_model_output: boolean;
}

/** What a run compares: every intermediate picture, and the network's predictions. */
async function runChecks(golden: GoldenFile, name: string, run: Run, network: NetworkDenoiser): Promise<Check[]> {
  const tensor = (part: string) => golden.tensor(`${name}/${part}`);
  const { steps, eta, use_clipped_model_output: isImplied } = run;
  const initialNoise = tensor('initial_noise');
  const stepNoise = eta > 0 ? tensor('step_noise') : undefined;
  const [images, times, noises]: [Tensor[], number[], Tensor[]] = [[], [], []];
  const options = {
    ...{ shape: initialNoise.shape, initialNoise, steps },
    // DDIM's η multiplies σ, ours multiplies σ².
    eta: eta ** 2,
    ...(isImplied && { update: 'implied-noise' as const }),
    stepNoise: stepNoise && Array.from({ length: stepNoise.shape[0] }, (_, i) => entry(stepNoise, i)),
  };
  for await (const event of sample(network, options)) {
    images.push(event.image);
    if (event.kind !== 'step') continue;
    times.push(event.time);
    noises.push(event.noise);
  }
  const [trajectory, timesteps] = [tensor('trajectory'), golden.numbers(`${name}/timesteps`)];
  if (trajectory.shape[0] !== images.length || timesteps.length !== times.length) {
    throw expected(golden.name, `${name} of ${steps} steps and ${steps + 1} images`, showShape(trajectory.shape));
  }
  const limit = roundingLimit(golden, `${name}/trajectory`);
  return [
    { quantity: `${name}/timesteps`, error: worst(times.map((time, i) => Math.abs(time - timesteps[i]))), limit: 0 },
    {
      quantity: `${name}/trajectory`,
      error: worst(images.map((image, i) => largestDifference(image, entry(trajectory, i)))),
      limit,
    },
    {
      // The file states no tolerance for predictions: they are at least as far off as the pictures the network gets.
      quantity: `${name}/noise_prediction`,
      error: worst(noises.map((noise, i) => largestDifference(noise, entry(tensor('noise_prediction'), i)))),
      limit: 2 * limit + roundingLimit(golden, 'output'),
    },
  ];
}

/**
 * The conversion: unclipped and with η = 0, RDDM's difference (Eq. 13) and DDIM's mixture give the same picture. Errors
 * are relative to the largest value, since the range of an unclipped clean image depends on the network.
 */
async function conversionCheck(golden: GoldenFile, name: string, run: Run, network: NetworkDenoiser): Promise<Check> {
  const initialNoise = golden.tensor(`${name}/initial_noise`);
  const options = { shape: initialNoise.shape, initialNoise, steps: run.steps, eta: 0, clip: 'none' } as const;
  const [difference, mixture] = [
    await sampleFinal(network, { ...options, update: 'difference' }),
    await sampleFinal(network, { ...options, update: 'mixture' }),
  ];
  const largest = worst(Array.from(mixture.data, Math.abs));
  const error = largestDifference(difference, mixture) / Math.max(1, largest);
  return { quantity: `${name}/as RDDM`, error, limit: 1e-5 };
}

/** The network's output at each image's time. */
async function predicted(
  config: ModelConfig,
  weights: TensorMap,
  noisy: Tensor,
  times: ArrayLike<number>,
  runtime: Runtime,
): Promise<Tensor> {
  const executable = await runtime.load({ denoise: inferenceProgram(config, weights, noisy.shape) });
  try {
    const { noise } = await executable.run('denoise', {
      noisy,
      residualTime: networkOf(config.unet).embeddedTimes(times),
    });
    return noise;
  } finally {
    await executable.release();
  }
}

export async function diffusersCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const unet = unetOfDiffusers(golden.json('config'), golden.name);
  const { schedule, sampling } = scheduleOfDiffusers(golden.json('scheduler'), golden.name);
  const kind = { task: 'generation', condition: 'none', objective: 'noise' } as const;
  const config = modelConfig({ ...kind, unet, schedule, sampling }, golden.name);
  const shapes = weightShapes(config);
  const checks: Check[] = [];
  const times = golden.numbers('time');
  for (const names of ['name', 'newName'] as const) {
    const weights = matchWeights(shapes, weightsOfDiffusers(formulaWeights(golden, names)), golden.name);
    const compare = async (quantity: string, input: string, at: ArrayLike<number>): Promise<void> => {
      const output = await predicted(config, weights, golden.tensor(input), at, runtime);
      const error = largestDifference(output, golden.tensor(quantity));
      checks.push({ quantity: `${quantity}, ${names}`, error, limit: roundingLimit(golden, quantity) });
    };
    await compare('output', 'x', times);
    if (golden.has('low_contrast/x')) await compare('low_contrast/output', 'low_contrast/x', [times[0]]);
  }
  if (golden.has('alphas_cumprod')) {
    const ours = [...toDdim(createSchedule(config.schedule))];
    const theirs = golden.numbers('alphas_cumprod');
    const error = worst(ours.map((value, i) => Math.abs(value - theirs[i])));
    // Theirs is a product of a thousand factors in float32.
    checks.push({ quantity: 'alphas_cumprod', error, limit: 1e-6 });
  }
  const weights = matchWeights(shapes, weightsOfDiffusers(formulaWeights(golden)), golden.name);
  const network = createNetworkDenoiser(runtime, config, weights);
  const runs = Object.entries(golden.json('runs') as Readonly<Record<string, Run>>);
  for (const [name, run] of runs) checks.push(...(await runChecks(golden, name, run, network)));
  const [first] = runs;
  if (first) checks.push(await conversionCheck(golden, ...first, network));
  await network.release();
  return checks;
}
