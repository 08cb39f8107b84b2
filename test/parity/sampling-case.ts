/** `sample-*`: every image of a reverse process with given noise. */
import { expected } from '../../src/math/errors.ts';
import { largestDifference } from '../../src/math/tensor.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { Denoiser } from '../../src/sample/denoiser.ts';
import { createNetworkDenoiser } from '../../src/sample/network-denoiser.ts';
import { sample } from '../../src/sample/sampler.ts';
import { type Check, worst } from './check.ts';
import { entry, type GoldenFile } from './golden-file.ts';
import { modelOf } from './model-of.ts';

/** The reference clips; a file may say that it does not. */
function clipOf(golden: GoldenFile): 'reference' | 'none' {
  const words = golden.optional('clip');
  return words !== undefined && /^(none|no|false|off|0)$/i.test(words) ? 'none' : 'reference';
}

export async function samplingCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const range = golden.optional('range') ?? '[-1, 1]';
  if (!/^\[-1(\.0)?, ?1(\.0)?\]$/.test(range)) throw expected(golden.name, 'images in [-1, 1]', range);
  const steps = golden.number('steps');
  const model = modelOf(golden, 'param/');
  const { config, schedule, networkTime } = model;
  const initialNoise = golden.tensor('initial_noise');
  const input = golden.has('input') ? golden.tensor('input') : undefined;
  const mask = model.mask(golden.has('mask') ? golden.tensor('mask') : undefined);
  const stepNoise = golden.has('step_noise') ? golden.tensor('step_noise') : undefined;
  const eta = golden.number('eta');
  // Without the file's noise we would draw our own, and the comparison would mean nothing.
  if (eta > 0 && steps > 1 && !stepNoise) throw expected(golden.name, `step_noise with eta ${eta}`, 'none');

  const network = createNetworkDenoiser(runtime, config, model.weights('param/'));
  const predict: Denoiser['predict'] = (request) => {
    const time = networkTime?.(request.residualTime) ?? request.residualTime;
    return network.predict(networkTime ? { ...request, residualTime: time, noiseTime: time } : request);
  };
  const images = [];
  for await (const event of sample(
    { config, predict },
    {
      input,
      mask,
      shape: initialNoise.shape,
      steps,
      eta,
      clip: clipOf(golden),
      schedule,
      start: input ? 'noise-strength' : 'unit-noise',
      initialNoise,
      stepNoise: stepNoise && Array.from({ length: stepNoise.shape[0] }, (_, i) => entry(stepNoise, i)),
    },
  )) {
    images.push(event.image);
  }
  await network.release();

  // The golden trajectory may begin with the start image, or with the one after the first step.
  const trajectory = golden.tensor('trajectory');
  const skipped = images.length - trajectory.shape[0];
  if (skipped !== 0 && skipped !== 1) {
    throw expected(golden.name, `a trajectory of ${steps} or ${steps + 1} images`, String(trajectory.shape[0]));
  }
  const errors = images.slice(skipped).map((image, i) => largestDifference(image, entry(trajectory, i)));
  return [{ quantity: `trajectory of ${errors.length}`, error: worst(errors), limit: 2e-3 }];
}
