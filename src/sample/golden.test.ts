/**
 * The diffusion against the reference implementation's own numbers, as far as they can be checked without a network.
 * The files are not part of the repository; without them these tests are skipped with a note. `npm run parity` compares
 * tables and whole trajectories with their networks.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toFloat32 } from '../checkpoint/raw-tensor.ts';
import { decodeSafetensors } from '../checkpoint/safetensors.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { samplingTimes } from '../diffusion/times.ts';
import { filled, largestDifference, tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { sample } from './sampler.ts';

const shared = process.env.RDDM_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const folder = join(shared, 'golden');
const skip = existsSync(folder) ? false : `no golden values at ${folder}; set RDDM_SHARED`;

/** The tensors of a safetensors file in float32, and its metadata. */
function read(name: string) {
  const path = join(folder, name);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  return { metadata, tensors: Object.fromEntries(Object.entries(tensors).map(([key, raw]) => [key, toFloat32(raw)])) };
}

test('restoration starts from the noise-carrying input of the reference', { skip }, async () => {
  const names = ['res-2step', 'res-noise-mask-5step', 'res-noise-shared-5step', 'res-noise-two-net-5step'];
  for (const name of names) {
    const { metadata, tensors } = read(`sample-${name}.safetensors`);
    const { input, initial_noise: initialNoise, trajectory } = tensors;
    const config = modelConfig({ schedule: { noiseStrength: Number(metadata.sum_scale) } });
    const predict = async () => ({ residual: filled(input.shape, 0) });
    for await (const { kind, image } of sample({ config, predict }, { input, initialNoise })) {
      const first = tensor(input.shape, trajectory.data.subarray(0, input.data.length));
      if (kind === 'start') assert.ok(largestDifference(image, first) < 1e-6, name);
    }
  }
});

test("the times are the reference's: only they explain its clipped residuals", { skip }, async () => {
  const { metadata, tensors } = read('sample-res-2step.safetensors');
  const steps = Number(metadata.steps);
  const { alphaBar, betaBar } = createSchedule({
    timesteps: Number(metadata.timesteps),
    noiseStrength: Number(metadata.sum_scale),
  });
  const { shape } = tensors.input;
  const [input, trajectory] = [tensors.input.data, tensors.trajectory.data];
  /** The residual that SM-Res must have predicted to get from the first image at t to the second at s. */
  const residuals = (t: number, s: number) =>
    input.map((value, i) => {
      const noiseStep = (betaBar[t] - betaBar[s]) / betaBar[t];
      const known = trajectory[i] - trajectory[input.length + i] - noiseStep * (trajectory[i] - value);
      return known / (alphaBar[t] - alphaBar[s] - noiseStep * (alphaBar[t] - 1));
    });
  const [t, s] = samplingTimes(Number(metadata.timesteps), steps);
  // Some of this network's residuals exceed 1; the reference clips them to exactly 1.
  const found = residuals(t, s);
  assert.ok(found.every((value) => Math.abs(value) < 1 + 1e-5));
  assert.ok(found.filter((value) => Math.abs(value) > 1 - 1e-5).length > 0.02 * input.length);
  for (const [wrongT, wrongS] of [
    [t, s + 1],
    [t, s - 1],
    [t - 1, s],
  ]) {
    assert.ok(residuals(wrongT, wrongS).some((value) => Math.abs(value) > 1 + 1e-3));
  }

  // With the predictions of its network, the sampler takes the same steps.
  const predictions = [found, input.map((value, i) => value - trajectory[2 * input.length + i])];
  const asked: number[] = [];
  const predict = async ({ residualTime }: { residualTime: number }) => {
    asked.push(residualTime);
    return { residual: tensor(shape, predictions[asked.length - 1]) };
  };
  let index = 0;
  const options = { input: tensors.input, initialNoise: tensors.initial_noise, steps };
  for await (const { image } of sample({ config: modelConfig({ objective: 'residual' }), predict }, options)) {
    const wanted = tensor(shape, trajectory.subarray(index * input.length, ++index * input.length));
    assert.ok(largestDifference(image, wanted) < 1e-5, `image ${index}`);
  }
  assert.deepEqual(asked, [999, 499]);
});

test('the converted schedule equals that of the two-network case, which computed it in float32', { skip }, () => {
  const { tensors } = read('sample-two-net-cumulative-times-10step.safetensors');
  const { alphaBar, betaBar } = createSchedule({ kind: 'ddim-linear' });
  for (let time = 0; time < 1000; time++) {
    assert.ok(Math.abs(alphaBar[time] - tensors.alpha_bar.data[time]) < 2e-6);
    assert.ok(Math.abs(betaBar[time] - tensors.beta_bar.data[time]) < 2e-6);
  }
});
