/**
 * A converted network sampled as RDDM, compared with DDIM and DDPM as published, written here from ᾱ alone: with DDIM's
 * variance both are one process (section 3 and Eq. 51 of the paper), and DDIM's clipping conventions are options.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ddimAlphaBar } from '../diffusion/ddim.ts';
import { normalTensor } from '../math/random.ts';
import { largestDifference, type Tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { createNetworkDenoiser } from './network-denoiser.ts';
import type { SampleOptions } from './options.ts';
import { sample } from './sampler.ts';

const levels = { down: ['plain', 'attention'], up: ['plain', 'plain'] } as const;
const config = modelConfig({
  ...{ task: 'generation', condition: 'none', objective: 'noise' },
  unet: { kind: 'diffusers', widths: [4, 8], layers: 1, down: [...levels.down], up: [...levels.up], groups: 2 },
  schedule: { kind: 'ddim-linear' },
  sampling: { steps: 4, times: 'leading', variance: 'ddpm', clip: 'none' },
});
const network = createNetworkDenoiser(createReferenceRuntime(), config, initialWeights(modelParameters(config), 5));
after(() => network.release());

const shape = [1, 3, 4, 6];
const initialNoise = normalTensor(shape, 1, ['start']);
const stepNoise = [1, 2, 3].map((step) => normalTensor(shape, 1, ['step', step]));

/** "Denoising Diffusion Implicit Models", Eq. 12 and 16, in `steps` steps; with DDIM's own η, which multiplies σ. */
async function published(
  steps: number,
  eta: number,
  { isClipped, isImplied }: { isClipped: boolean; isImplied: boolean },
): Promise<Tensor[]> {
  const alphaBar = ddimAlphaBar('ddim-linear', 1000);
  const distance = Math.floor(1000 / steps);
  const images = [initialNoise];
  for (let step = 1; step <= steps; step++) {
    const time = (steps - step) * distance;
    const a = alphaBar[time];
    const b = time - distance < 0 ? 1 : alphaBar[time - distance];
    const sigma = eta * Math.sqrt((1 - b) / (1 - a)) * Math.sqrt(1 - a / b);
    const x = images[step - 1];
    const { noise } = await network.predict({ noisy: x, residualTime: time, noiseTime: time });
    const data = x.data.map((value, i) => {
      let epsilon = (noise as Tensor).data[i];
      let clean = (value - Math.sqrt(1 - a) * epsilon) / Math.sqrt(a);
      if (isClipped) clean = Math.min(1, Math.max(-1, clean));
      if (isImplied) epsilon = (value - Math.sqrt(a) * clean) / Math.sqrt(1 - a);
      const fresh = step < steps ? stepNoise[step - 1].data[i] : 0;
      return Math.sqrt(b) * clean + Math.sqrt(Math.max(0, 1 - b - sigma ** 2)) * epsilon + sigma * fresh;
    });
    images.push({ shape, data });
  }
  return images;
}

/** The distance between two trajectories, relative to their largest value, which is far above 1 without clipping. */
async function distanceOf(theirs: readonly Tensor[], options: SampleOptions): Promise<number> {
  const ours: Tensor[] = [];
  for await (const event of sample(network, { shape, initialNoise, stepNoise, ...options })) ours.push(event.image);
  assert.equal(ours.length, theirs.length);
  const largest = Math.max(...theirs.flatMap(({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 1)));
  return Math.max(...ours.map((image, i) => largestDifference(image, theirs[i]))) / largest;
}

describe("with DDIM's variance, the paper's step is DDIM's at every eta", () => {
  for (const eta of [0, 0.6, 1]) {
    test(`eta ${eta}`, async () => {
      const theirs = await published(4, eta, { isClipped: false, isImplied: false });
      for (const update of ['difference', 'mixture', 'implied-noise'] as const) {
        assert.ok((await distanceOf(theirs, { eta: eta ** 2, update })) < 1e-6, update);
      }
    });
  }

  test("with the paper's own variance it is not, except at eta 0", async () => {
    const [still, random] = await Promise.all(
      [0, 1].map((eta) => published(4, eta, { isClipped: false, isImplied: false })),
    );
    assert.ok((await distanceOf(still, { eta: 0, variance: 'sum-constrained' })) < 1e-6);
    assert.ok((await distanceOf(random, { eta: 1, variance: 'sum-constrained' })) > 1e-2);
  });
});

describe('with clipped images, DDIM mixes the estimate again', () => {
  const clip = 'reference';
  for (const eta of [0, 1]) {
    test(`eta ${eta}`, async () => {
      const theirs = await published(4, eta, { isClipped: true, isImplied: false });
      assert.ok((await distanceOf(theirs, { eta, clip, update: 'mixture' })) < 1e-6);
      assert.ok((await distanceOf(theirs, { eta, clip, update: 'difference' })) > 1e-2);
      const implied = await published(4, eta, { isClipped: true, isImplied: true });
      assert.ok((await distanceOf(implied, { eta, clip, update: 'implied-noise' })) < 1e-6);
      assert.ok((await distanceOf(implied, { eta, clip, update: 'mixture' })) > 1e-3);
    });
  }
});

test('a number of steps that does not divide T', async () => {
  const theirs = await published(3, 0, { isClipped: true, isImplied: false });
  assert.ok((await distanceOf(theirs, { steps: 3, clip: 'reference', update: 'mixture' })) < 1e-6);
});

test('an unknown update is refused', async () => {
  const run = sample(network, { shape, update: 'other' as 'mixture' });
  await assert.rejects(run.next(), {
    message: 'sample: expected update difference, mixture, implied-noise, got other',
  });
});

test('chosen times have no meaning off the schedule', async () => {
  const beside = { shape, path: 'residual-first', clip: 'reference' } as const;
  await assert.rejects(sample(network, { ...beside, times: 'leading' }).next(), {
    message: /expected times "linspace" with a custom path/,
  });
  // The model's own times apply only to its schedule.
  assert.equal((await sample(network, beside).next()).value?.kind, 'start');
});
