import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filled } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { createNetworkDenoiser, inferenceProgram } from './network-denoiser.ts';
import { sampleFinal } from './sampler.ts';

const unet = { dim: 4, multipliers: [1], groups: 2 };
const shape = [1, 3, 4, 4];

describe('one of two predictions', () => {
  for (const [networks, time] of [
    ['two', 'cumulative'],
    ['two', 'index'],
    ['one', 'index'],
    ['shared-encoder', 'index'],
  ] as const) {
    test(`${networks}, time ${time}: the same alone as with the other`, async () => {
      const config = modelConfig({ objective: 'residual-noise', networks, time, unet });
      const weights = initialWeights(modelParameters(config), 1);
      const denoiser = createNetworkDenoiser(createReferenceRuntime(), config, weights);
      const request = { noisy: filled(shape, 0.5), input: filled(shape, 0.25), residualTime: 600, noiseTime: 300 };
      const both = await denoiser.predict(request);
      for (const method of ['residual', 'noise'] as const) {
        const alone = await denoiser.predict({ ...request, method });
        assert.deepEqual(Object.keys(alone), [method]);
        assert.deepEqual(alone[method], both[method]);
        await sampleFinal(denoiser, { input: request.input, steps: 2, method });
      }
      assert.deepEqual(await denoiser.predict(request), both);
      await denoiser.release();
    });
  }

  test('the program leaves out the other of two networks', () => {
    const config = modelConfig({ objective: 'residual-noise', networks: 'two', time: 'cumulative', unet });
    const weights = initialWeights(modelParameters(config), 1);
    const feeds = (method?: 'residual' | 'noise') =>
      Object.keys(inferenceProgram(config, weights, shape, undefined, method).feeds).sort();
    assert.deepEqual(feeds(), ['input', 'noiseTime', 'noisy', 'residualTime']);
    assert.deepEqual(feeds('residual'), ['input', 'noisy', 'residualTime']);
    assert.deepEqual(feeds('noise'), ['input', 'noiseTime', 'noisy']);
  });
});
