import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shape, cumulativeNetworks as two } from '../../test/support/denoisers.ts';
import { perfectDenoiser } from '../../test/support/perfect-denoiser.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { normalTensor } from '../math/random.ts';
import { largestDifference, type Tensor, tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import type { DenoiserRequest } from './denoiser.ts';
import { greenCondition } from './path-independence.ts';

const [clean, input, noise] = ['clean', 'input', 'noise'].map((name) => normalTensor(shape, 1, [name]));
const at = { alphaBar: 0.6, betaBar: 0.4 };
const mapped = (image: Tensor, f: (value: number, i: number) => number): Tensor => tensor(shape, image.data.map(f));

test('both sides are the derivatives of the networks along noise and residual', async () => {
  // I_res^θ = sin I, ε^θ = I² / 3, for each pixel.
  const denoiser = {
    config: modelConfig(two),
    predict: async ({ noisy }: DenoiserRequest) => ({
      residual: mapped(noisy, Math.sin),
      noise: mapped(noisy, (value) => value ** 2 / 3),
    }),
  };
  const found = await greenCondition(denoiser, { clean, input, noise, at, distance: 0.002 });
  const residual = mapped(input, (value, i) => value - clean.data[i]);
  const state = mapped(clean, (value, i) => value + 0.6 * residual.data[i] + 0.4 * noise.data[i]);
  const residualSide = mapped(state, (value, i) => Math.cos(value) * noise.data[i]);
  const noiseSide = mapped(state, (value, i) => ((2 * value) / 3) * residual.data[i]);
  assert.ok(largestDifference(found.residualSide, residualSide) < 1e-3);
  assert.ok(largestDifference(found.noiseSide, noiseSide) < 1e-3);
  const rms = (image: Tensor) => Math.sqrt(image.data.reduce((sum, value) => sum + value ** 2, 0) / image.data.length);
  assert.ok(Math.abs(found.residualSize - rms(residualSide)) < 1e-3);
  assert.ok(Math.abs(found.noiseSize - rms(noiseSide)) < 1e-3);
  const difference = mapped(residualSide, (value, i) => value - noiseSide.data[i]);
  assert.ok(Math.abs(found.differenceSize - rms(difference)) < 1e-3);
});

test('a field with a potential is path independent: the sides agree and correlate', async () => {
  // At ᾱ I_res + β̄ ε with I_res = 2 ε, equal slopes along both: I_res^θ = a I, ε^θ = a I / 2.
  const doubled = mapped(noise, (value, i) => clean.data[i] + 2 * value);
  const denoiser = {
    config: modelConfig(two),
    predict: async ({ noisy }: DenoiserRequest) => ({
      residual: mapped(noisy, (value) => 0.7 * value),
      noise: mapped(noisy, (value) => 0.35 * value),
    }),
  };
  const { differenceSize, residualSize, correlation } = await greenCondition(denoiser, {
    clean,
    input: doubled,
    noise,
    at,
  });
  assert.ok(residualSize > 0.5 && differenceSize < 1e-4);
  assert.ok(correlation > 0.9999);
});

test('perfect networks do not disturb each other: both sides vanish', async () => {
  const asked: number[][] = [];
  const truth = perfectDenoiser(two, createSchedule(), clean, input);
  const constant = await truth.predict({ noisy: input, residualTime: 600, noiseTime: 400 });
  const denoiser = {
    config: truth.config,
    predict: async ({ residualTime, noiseTime }: DenoiserRequest) => {
      asked.push([residualTime, noiseTime]);
      return constant;
    },
  };
  const { residualSize, noiseSize, differenceSize } = await greenCondition(denoiser, { clean, input, noise, at });
  assert.deepEqual([residualSize, noiseSize, differenceSize], [0, 0, 0]);
  // The network being measured keeps its own coefficient as time; the other network's time does not matter.
  assert.deepEqual(
    asked.slice(0, 2).map(([residualTime]) => residualTime),
    [600, 600],
  );
  assert.deepEqual(
    asked.slice(2).map(([, noiseTime]) => noiseTime),
    [400, 400],
  );
});

test('a network with index times gets the index of the point, as in sampling', async () => {
  // A perfect SM-N takes the noise's strength from the index. If the index were fixed, it would see too much noise at
  // one end of the difference and too little at the other, by ε over 1 − ᾱ.
  const fields = { task: 'inpainting', objective: 'noise', condition: 'none' } as const;
  const denoiser = perfectDenoiser(fields, createSchedule(), clean, clean);
  const { residualSize } = await greenCondition(denoiser, { clean, input: clean, noise, at, distance: 0.1 });
  // The index is rounded to an integer, which is an error of up to 1 / 4000 of β̄ at each end.
  assert.ok(residualSize < 0.05, `${residualSize}`);
});

test('one network: the other term follows from Eq. 16 at each point', async () => {
  // SM-N that always predicts the true noise: then Eq. 16 gives the true residual at every point.
  const config = modelConfig({ task: 'inpainting', objective: 'noise', condition: 'none' });
  const denoiser = { config, predict: async () => ({ noise }) };
  const { residualSize, noiseSize } = await greenCondition(denoiser, { clean, input, noise, at });
  assert.ok(residualSize < 1e-3 && noiseSize === 0);
});

test('bad input is refused', async () => {
  const denoiser = { config: modelConfig(two), predict: async () => ({ residual: clean, noise }) };
  const refused = (change: object, pattern: RegExp) =>
    assert.rejects(greenCondition(denoiser, { clean, input, noise, at, ...change }), {
      name: 'RddmError',
      message: pattern,
    });
  await refused({ distance: 0 }, /greenCondition: expected a distance above 0, got 0/);
  await refused(
    { at: { alphaBar: 0.5, betaBar: 0.005 } },
    /greenCondition: expected coordinates from 0.01 to 0.99, got 0.005/,
  );
  await refused({ noise: tensor([1], [1]) }, /greenCondition: expected tensors of one shape/);
});
