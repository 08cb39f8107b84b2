/** Impossible ways are refused with the same sentence in a configuration and in a caller's options. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constantDenoiser, shape } from '../../test/support/denoisers.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { filled } from '../math/tensor.ts';
import { sampleFinal } from '../sample/sampler.ts';
import { type ModelConfigInput, modelConfig } from './config.ts';
import { askedTimes, reverseWay, type WayOptions } from './reverse-way.ts';

const list = (...points: [alphaBar: number, betaBar: number][]) => points;
const generation = { task: 'generation', condition: 'none' } as const;
const noiseInpainting = { task: 'inpainting', objective: 'noise' } as const;

type Sampling = NonNullable<ModelConfigInput['sampling']>;
const refused: readonly (readonly [what: string, model: ModelConfigInput, sampling: Sampling, sentence: string])[] = [
  [
    'the noise is predicted, and there is none',
    noiseInpainting,
    { noiseStrength: 0 },
    'expected a noise strength above 0 if only the noise is predicted or used, got 0',
  ],
  [
    'generation from nothing',
    generation,
    { noiseStrength: 0 },
    'expected noise at the start of generation, without which all pictures would be equal, got none; ' +
      'take a noise strength above 0',
  ],
  [
    'generation along points that start at nothing',
    { ...generation, objective: 'clean' },
    { steps: 1, path: list([1, 0], [0, 0]) },
    'expected noise at the start of generation, without which all pictures would be equal, got none; ' +
      'take a noise strength above 0',
  ],
  [
    'the variance of DDPM with too much noise',
    {},
    { variance: 'ddpm', noiseStrength: 4 },
    'expected a noise strength of at most 1 with variance "ddpm", got 4; the DDPM variance is for images that ' +
      'noise is mixed into; use "sum-constrained"',
  ],
  [
    'the variance of DDPM along points with too much noise',
    {},
    { variance: 'ddpm', steps: 1, path: list([1, 3], [0, 0]) },
    'expected a noise strength of at most 1 with variance "ddpm", got 9; the DDPM variance is for images that ' +
      'noise is mixed into; use "sum-constrained"',
  ],
  [
    'more steps than points',
    {},
    { steps: 5, path: list([1, 1], [0, 0]) },
    'expected 1 steps on a path of 2 points, got 5',
  ],
  [
    'points that grow',
    {},
    { steps: 2, path: list([0.5, 0.2], [0.1, 0.3], [0, 0.4]) },
    'expected points [alphaBar, betaBar] from alphaBar 1 down to [0, 0], with neither number increasing, got [0.1,0.3] at 1',
  ],
  [
    'points that start beside the input',
    {},
    { steps: 2, path: list([0.5, 0.4], [0.1, 0.3], [0, 0]) },
    'expected a path that starts at alphaBar 1, the input with noise, got 0.5',
  ],
  [
    'points that end beside the clean image',
    {},
    { steps: 2, path: list([1, 0.4], [0.1, 0.3], [0, 0.2]) },
    'expected a path that ends at [0, 0], the clean image, got [0,0.2]',
  ],
  [
    'times of a path that has none',
    {},
    { path: 'residual-first', times: 'leading' },
    'expected times "linspace" with a custom path, which has no times, got "leading"',
  ],
  [
    'a corner in one step',
    {},
    { path: 'residual-first', steps: 1 },
    'expected at least 2 steps for the path residual-first, which turns a corner, got 1',
  ],
  [
    'the residual found through noise that is gone',
    { ...generation, objective: 'noise' },
    { path: 'noise-first' },
    'expected a path that keeps noise in the image while the whole residual is there, for a network that predicts noise, ' +
      'got a point [1, 0]; remove the residual first',
  ],
  [
    'the same along points',
    noiseInpainting,
    { steps: 2, path: list([1, 1], [1, 0], [0, 0]) },
    'expected a path that keeps noise in the image while the whole residual is there, for a network that predicts noise, ' +
      'got a point [1, 0]; remove the residual first',
  ],
  [
    'an index that is kept though there is none',
    {},
    { path: 'residual-first', adjust: { mode: 'alpha', index: 'kept' } },
    'expected adjust.index "matched" with a path, got "kept"; on a custom path the index is matched to the coefficients',
  ],
  [
    'more steps than timesteps',
    { schedule: { timesteps: 10 } },
    { steps: 11 },
    'expected 1 to 10 steps, at most one per timestep, got 11',
  ],
];

describe('refused', () => {
  for (const [what, model, sampling, sentence] of refused) {
    test(what, () => {
      const message = `modelConfig: "sampling": ${sentence}`;
      assert.throws(() => modelConfig({ ...model, sampling }), { name: 'RddmError', message });
      const possible = modelConfig(model);
      assert.throws(
        () => reverseWay(possible, sampling as WayOptions),
        (error: Error) => error.name === 'RddmError' && error.message.endsWith(`: ${sentence}`),
      );
    });
  }
});

test('settings that are refused along the schedule are possible off it', () => {
  // More steps than T, in two halves; the variance of DDPM with less noise at the points than in the schedule.
  const schedule = { timesteps: 10, noiseStrength: 4 };
  assert.equal(modelConfig({ schedule, sampling: { path: 'residual-first', steps: 20 } }).sampling.steps, 20);
  const path = list([1, 1], [0, 0]);
  assert.equal(modelConfig({ schedule, sampling: { variance: 'ddpm', steps: 1, path } }).sampling.steps, 1);
});

test('generation from unit noise starts from noise, whatever the noise strength', () => {
  const config = modelConfig(generation);
  assert.equal(reverseWay(config, { noiseStrength: 0, start: 'unit-noise' }).startDeviation, 1);
});

test('the start has the noise of the schedule, or of the first point', () => {
  const config = modelConfig({ schedule: { noiseStrength: 0.25 } });
  assert.equal(reverseWay(config, {}).startDeviation, 0.5);
  assert.equal(reverseWay(config, { path: list([1, 0.75], [0, 0]) }).startDeviation, 0.75);
  assert.equal(reverseWay(config, { schedule: createSchedule({ noiseStrength: 4 }) }).startDeviation, 2);
});

test('the asked times are those at which the sampler calls the network', async () => {
  const images = { residual: filled(shape, 0.5), noise: filled(shape, 0) };
  const models: readonly ModelConfigInput[] = [
    { sampling: { steps: 1 } },
    { sampling: { steps: 5 } },
    { sampling: { steps: 3, times: 'leading' } },
    { schedule: { timesteps: 7 }, sampling: { steps: 7, noiseStrength: 0.5 } },
    { schedule: { kind: 'rectified-flow', noiseStrength: 0 }, sampling: { steps: 2, adjust: { mode: 'none' } } },
  ];
  for (const fields of models) {
    const denoiser = constantDenoiser(fields, images);
    await sampleFinal(denoiser, { input: filled(shape, 0.25) });
    const asked = denoiser.asked.map(({ residualTime }) => residualTime);
    assert.deepEqual(askedTimes(denoiser.config), asked, JSON.stringify(fields));
  }
  assert.deepEqual(askedTimes(modelConfig({ sampling: { steps: 1 } })), [999]);
});

test('a way off the schedule of training has no asked times', () => {
  const times = (sampling: Sampling) => () => askedTimes(modelConfig({ sampling }));
  assert.throws(times({ path: 'noise-first' }), /expected path "together".*got "noise-first"/);
  assert.throws(times({ steps: 1, path: list([1, 1], [0, 0]) }), /expected path "together".*got points/);
  assert.throws(times({ adjust: { mode: 'alpha', index: 'kept' } }), /no readjusted coefficients.*got mode "alpha"/);
});
