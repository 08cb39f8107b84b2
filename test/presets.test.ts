/**
 * Every preset and recipe: at the paper's size it matches Table 4 and can be built; at a tiny size it trains a few steps on its
 * data set's folders and then restores or generates. `npm run presets` does the same at full size, and measures.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openModel } from '../src/adapters/node/files/open-model.ts';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { readImage } from '../src/adapters/node/pictures/images.ts';
import { splitPictures } from '../src/adapters/node/pictures/split-pictures.ts';
import { runTraining } from '../src/adapters/node/runs/training-run.ts';
import { newConfiguration, presetNames, recipeNames } from '../src/cli/train-configuration.ts';
import type { Image } from '../src/data/image.ts';
import { elementCount } from '../src/math/shape.ts';
import { modelParameters } from '../src/model/networks.ts';
import { createNetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { restoreImage } from '../src/sample/restore.ts';
import { sampleFinal } from '../src/sample/sampler.ts';
import { type TrainConfig, trainConfig } from '../src/train/config.ts';
import { dataSets, writePictures } from './support/data-sets.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-presets-'));
const runtime = createOrtRuntime({ threads: 1 });
after(async () => {
  await runtime.close();
  rmSync(root, { recursive: true, force: true });
});
for (const [name, files] of Object.entries(dataSets)) await writePictures(join(root, name), files);
await writePictures(join(root, 'photos'), ['a.png', 'b.png']);

/** The data each preset is tried on. */
const dataOf: Readonly<Record<string, { data: keyof typeof dataSets } | { clean: string }>> = {
  'shadow-removal': { data: 'ISTD' },
  'low-light': { data: 'LOL' },
  'low-light-small': { data: 'LOL' },
  deblurring: { data: 'GoPro' },
  deraining: { data: 'RainDrop' },
  derain: { clean: join(root, 'photos') },
  generation: { data: 'CelebA' },
  inpainting: { data: 'CelebA-HQ' },
  'inpainting-conditioned': { data: 'CelebA-HQ' },
  translation: { data: 'AFHQ' },
  'recipes/derain': { clean: join(root, 'photos') },
  'recipes/restoration': { clean: join(root, 'photos') },
};
const names = [...presetNames(), ...recipeNames()];

/** Table 4, column by column. */
const table4 = {
  'shadow-removal': [1, 256, 0.01, 'input-and-mask', 5, 'l1', 'residual-noise', 'two', 'adam', 8e-5, 80_000],
  'low-light': [1, 256, 1, 'input', 2, 'l1', 'residual', 'one', 'adam', 8e-5, 80_000],
  deblurring: [1, 256, 0.01, 'input', 2, 'l1', 'residual-noise', 'two', 'adam', 8e-5, 400_000],
  deraining: [1, 256, 1, 'input', 5, 'l1', 'residual-noise', 'two', 'adam', 8e-5, 120_000],
  generation: [128, 64, 1, 'none', 10, 'l2', 'noise', 'one', 'radam', 2e-4, 100_000],
  inpainting: [64, 64, 1, 'none', 10, 'l1', 'residual-noise', 'two', 'radam', 2e-4, 100_000],
  translation: [64, 64, 1, 'none', 10, 'l2', 'residual-noise', 'two', 'radam', 2e-4, 100_000],
} as const;

async function configurationOf(preset: string): Promise<TrainConfig> {
  const source = dataOf[preset];
  const flags = 'data' in source ? { data: join(root, source.data) } : source;
  return (await newConfiguration(preset, flags)).config;
}

const paperNetwork = { dim: 8, multipliers: [1], groups: 4 };
const localNetwork = { kind: 'local', width: 4, encoder: [1], middle: 1, decoder: [1] } as const;

const isLocal = ({ model }: TrainConfig): boolean => 'kind' in model.unet && model.unet.kind === 'local';

/** The same task, with a network and squares so small that a step takes milliseconds. */
const shrunk = (config: TrainConfig): TrainConfig =>
  trainConfig({
    ...config,
    model: {
      ...config.model,
      unet: { channels: config.model.unet.channels, ...(isLocal(config) ? localNetwork : paperNetwork) },
      sampling: { ...config.model.sampling, steps: 2 },
    },
    data: { ...config.data, crop: 16 },
    steps: 2,
    batch: 2,
    accumulation: Math.min(2, config.accumulation),
    optimiser: { ...config.optimiser, warmup: 0 },
    checkpointEvery: 2,
    sampleEvery: 2,
  });

/** A picture from the data set's test split, or from anywhere. */
async function pictureOf(preset: string): Promise<Image> {
  const source = dataOf[preset];
  if (!('data' in source)) return readImage(join(source.clean, 'a.png'));
  const [first] = (await splitPictures(join(root, source.data), 'input')).values();
  return readImage(first);
}

test('every preset and recipe is tried here', () => {
  assert.deepEqual(Object.keys(dataOf).sort(), names.sort());
});

test("RAdam has PyTorch's decay of the second moment, Adam the reference's", async () => {
  for (const preset of presetNames()) {
    const { kind, beta2 } = (await configurationOf(preset)).optimiser;
    assert.equal(beta2, kind === 'radam' ? 0.999 : 0.99, preset);
  }
});

describe("the paper's presets match Table 4, and can be built", () => {
  for (const [preset, row] of Object.entries(table4)) {
    test(preset, async () => {
      const { model, data, batch, loss, losses, optimiser, steps, accumulation, average } =
        await configurationOf(preset);
      const { schedule, condition, sampling, objective, networks, time, unet, task, preprocess } = model;
      const { noiseStrength } = schedule;
      const { kind, learningRate } = optimiser;
      const said = [
        batch,
        data.crop,
        noiseStrength,
        condition,
        sampling.steps,
        loss,
        objective,
        networks,
        kind,
        learningRate,
        steps,
      ];
      assert.deepEqual(said, row);
      assert.deepEqual(unet, { dim: 64, multipliers: [1, 2, 4, 8], groups: 8, channels: 3 });
      assert.deepEqual([accumulation, average.decay, average.every, optimiser.clipNorm], [2, 0.995, 10, 1]);
      assert.equal(task, preset);
      assert.equal(preprocess, task === 'low-light' ? 'equalise' : 'none');
      const converted = task === 'generation' || task === 'translation';
      assert.equal(schedule.kind, converted ? 'ddim-linear' : 'power');
      // As in Fig. 19, ε(I_t, β̄_t·T) and I_res(I_t, ᾱ_t·T); Table 4 does not say.
      const twice = task === 'inpainting' || task === 'translation';
      assert.equal(time, twice ? 'cumulative' : 'index');
      assert.equal(losses, twice ? 'separate' : 'summed');
      const parameters = Object.values(modelParameters(model)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
      // Twice the paper's 36.26 M, plus whatever the condition adds to the first convolution.
      assert.equal(Math.round(parameters / 1e5), networks === 'two' ? 725 : 363);
    });
  }
});

describe('trains a few steps and restores or generates', () => {
  for (const preset of names) {
    test(preset, async () => {
      const config = shrunk(await configurationOf(preset));
      const directory = join(root, 'runs', preset);
      const told: string[] = [];
      for await (const event of runTraining({ config, directory, runtime, mode: 'new' })) {
        told.push(event.kind === 'warning' ? event.message : event.kind);
      }
      assert.deepEqual(told, ['opened', 'step', 'step', 'samples', 'saved']);
      const { config: model, weights } = await openModel(join(directory, 'model'));
      const denoiser = createNetworkDenoiser(runtime, model, weights);
      try {
        if (model.task === 'generation') {
          const generated = await sampleFinal(denoiser, { shape: [1, 3, 16, 16] });
          assert.ok(generated.data.every(Number.isFinite));
          return;
        }
        const image = await pictureOf(preset);
        const mask = model.condition === 'input-and-mask' ? image : undefined;
        let steps = 0;
        for await (const event of restoreImage(denoiser, image, { mask })) {
          assert.deepEqual([event.image.width, event.image.height], [image.width, image.height]);
          steps = event.step;
        }
        assert.equal(steps, 2);
      } finally {
        await denoiser.release();
      }
    });
  }
});
