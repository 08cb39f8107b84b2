import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalTensor } from '../math/random.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { createCalibration } from './calibrate.ts';
import { createNetworkDenoiser } from './network-denoiser.ts';
import { sampleFinal } from './sampler.ts';

const config = modelConfig({
  unet: { dim: 8, multipliers: [1, 2], groups: 4 },
  sampling: { steps: 2 },
  schedule: { noiseStrength: 0.01 },
});
const weights = initialWeights(modelParameters(config), 1);
const runtime = createReferenceRuntime();
const input = normalTensor([1, 3, 8, 8], 1, ['picture']);

test('a calibration restores like the model, and the 8-bit model nearly so', async () => {
  const calibration = createCalibration(runtime, config, weights);
  const watched = await sampleFinal(calibration, { input });
  const exact = await sampleFinal(createNetworkDenoiser(runtime, config, weights), { input });
  assert.deepEqual(watched, exact);

  const quantization = calibration.quantization();
  const rounded = await sampleFinal(createNetworkDenoiser(runtime, { ...config, quantization }, weights), { input });
  const norm = (values: Float32Array): number => Math.hypot(...values);
  const error = norm(rounded.data.map((value, i) => value - exact.data[i])) / norm(exact.data);
  assert.ok(error > 0 && error < 0.02, `${error}`);
});

test('the output of one convolution that enters another has one range', async () => {
  const calibration = createCalibration(runtime, config, weights);
  await sampleFinal(calibration, { input });
  const { layers } = calibration.quantization();
  assert.deepEqual(layers['unet0.downs.0.3'].output, layers['unet0.downs.1.0.block1.proj'].input);
  // A SiLU is never below −0.279.
  const [low, high] = layers['unet0.downs.0.0.block2.proj'].input;
  assert.ok(low < 0 && low > -0.3 && high > 0.5, `${low} … ${high}`);
});

test('there are no ranges before the first picture, and a graphics card refuses 8-bit models', async () => {
  const calibration = createCalibration(runtime, config, weights);
  assert.throws(() => calibration.quantization(), /expected at least one picture to have been sampled, got none/);
  await sampleFinal(calibration, { input });
  const quantized = { ...config, quantization: calibration.quantization() };
  assert.throws(
    () => createNetworkDenoiser({ ...runtime, device: 'webgpu' }, quantized, weights),
    /^RddmError: model: expected a device that multiplies 8-bit integers, got webgpu; use the device cpu/,
  );
});
