/** `sample-*`: every image of a reverse process with given noise. */
import { scheduleFromTables } from '../../src/diffusion/schedule.ts';
import { expected } from '../../src/math/errors.ts';
import { largestDifference } from '../../src/math/tensor.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { createNetworkDenoiser } from '../../src/sample/network-denoiser.ts';
import { sample } from '../../src/sample/sampler.ts';
import { type Check, worst } from './check.ts';
import { entry, type GoldenFile } from './golden-file.ts';
import { modelOf } from './model-of.ts';

export async function samplingCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const steps = golden.number('steps');
  const isCumulative = golden.optional('network times') !== undefined;
  const config = modelOf(golden, 'param/', { time: isCumulative ? 'cumulative' : 'index' });
  const initialNoise = golden.tensor('initial_noise');
  const input = golden.has('input') ? golden.tensor('input') : undefined;
  const tables = golden.has('alpha_bar')
    ? scheduleFromTables(golden.numbers('alpha_bar'), golden.numbers('beta_bar'), golden.number('sum_scale'))
    : undefined;

  const weights = golden.under('param/');
  const denoiser = createNetworkDenoiser(runtime, config, weights);
  const images = [];
  for await (const event of sample(denoiser, {
    input,
    mask: golden.has('mask') ? golden.tensor('mask') : undefined,
    shape: initialNoise.shape,
    steps,
    eta: golden.number('eta'),
    schedule: tables,
    start: input ? 'noise-strength' : 'unit-noise',
    initialNoise,
    stepNoise: golden.has('step_noise')
      ? Array.from({ length: steps - 1 }, (_, i) => entry(golden.tensor('step_noise'), i))
      : undefined,
  })) {
    images.push(event.image);
  }
  await denoiser.release();

  // The golden trajectory may begin with the start, or with the image after the first step.
  const trajectory = golden.tensor('trajectory');
  const skipped = images.length - trajectory.shape[0];
  if (skipped !== 0 && skipped !== 1) {
    throw expected(golden.name, `a trajectory of ${steps} or ${steps + 1} images`, String(trajectory.shape[0]));
  }
  const errors = images.slice(skipped).map((image, i) => largestDifference(image, entry(trajectory, i)));
  return [{ quantity: `trajectory of ${errors.length}`, error: worst(errors), limit: 2e-3 }];
}
