import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { equaliseHistogram } from '../data/equalise.ts';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Denoiser, DenoiserRequest } from './denoiser.ts';
import { createNetworkDenoiser } from './network-denoiser.ts';
import { type RestoreEvent, type RestoreOptions, restoreImage } from './restore.ts';

/** A random picture; another `seed` gives another. */
function picture(width: number, height: number, channels: 1 | 3, seed = 0): Image {
  const random = createRandom(seed, ['picture']);
  return {
    ...{ width, height, channels },
    data: Uint8Array.from({ length: width * height * channels }, () => random.integer(256)),
  };
}

/** Predicts a residual that it computes from the input, and remembers its calls. */
function denoiserOf(fields: ModelConfigInput, residual: (input: Tensor) => Tensor) {
  const asked: DenoiserRequest[] = [];
  const config = modelConfig({ sampling: { steps: 3 }, ...fields });
  const predict = async (request: DenoiserRequest) => {
    asked.push(request);
    return { residual: residual(request.input ?? request.noisy) };
  };
  return { config, predict, asked } satisfies Denoiser & { asked: DenoiserRequest[] };
}
const nothing = ({ shape }: Tensor): Tensor => filled(shape, 0);

async function collect(denoiser: Denoiser, image: Image, options?: RestoreOptions): Promise<RestoreEvent[]> {
  const events = [];
  for await (const event of restoreImage(denoiser, image, options)) events.push(event);
  return events;
}

test('a network that finds no residual returns the same picture, for any size and channels', async () => {
  for (const modelChannels of [1, 3] as const) {
    for (const channels of [1, 3] as const) {
      for (const [width, height] of [
        [13, 7],
        [1, 1],
        [3, 40],
        [16, 8],
      ]) {
        const image = picture(width, height, channels);
        const denoiser = denoiserOf({ unet: { channels: modelChannels } }, nothing);
        const events = await collect(denoiser, image);
        assert.deepEqual(
          events.map(({ step, steps }) => [step, steps]),
          [
            [0, 3],
            [1, 3],
            [2, 3],
            [3, 3],
          ],
        );
        const { image: restored } = events[3];
        assert.deepEqual({ ...restored, data: [...restored.data] }, { ...image, data: [...image.data] });
        // The network gets its own number of channels, and sides divisible by 8.
        const [, seen, tall, wide] = denoiser.asked[0].noisy.shape;
        assert.deepEqual([seen, tall % 8, wide % 8], [modelChannels, 0, 0]);
      }
    }
  }
});

test('every picture on the way has the size of the first, and the start carries noise', async () => {
  const image = picture(9, 10, 3);
  const events = await collect(denoiserOf({}, nothing), image, { steps: 2 });
  assert.deepEqual(
    events.map(({ image: { width, height } }) => [width, height]),
    [
      [9, 10],
      [9, 10],
      [9, 10],
    ],
  );
  assert.notDeepEqual([...events[0].image.data], [...image.data]);
});

test('a colour network that darkens only red darkens a grey picture by a third of that', async () => {
  const red = (input: Tensor): Tensor => {
    const residual = filled(input.shape, 0);
    residual.data.fill(60 / 127.5, 0, input.data.length / 3);
    return residual;
  };
  const grey: Image = { width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(100) };
  const events = await collect(denoiserOf({}, red), grey);
  assert.deepEqual([...events[3].image.data], new Array(64).fill(80));
});

test('the same seed gives the same pictures, another seed others', async () => {
  const fields: ModelConfigInput = { unet: { dim: 8, multipliers: [1, 2], groups: 4 }, sampling: { steps: 2, eta: 1 } };
  const config = modelConfig(fields);
  const weights = initialWeights(modelParameters(config), 1);
  const denoiser = createNetworkDenoiser(createReferenceRuntime(), config, weights);
  const image = picture(5, 6, 3);
  const restored = async (seed: number) => (await collect(denoiser, image, { seed }))[2].image;
  const first = await restored(0);
  assert.deepEqual([first.width, first.height], [5, 6]);
  assert.deepEqual(await restored(0), first);
  assert.notDeepEqual(await restored(1), first);
});

test('the mask reaches the network as 0 to 1 in every channel, padded like the picture', async () => {
  const mask: Image = { width: 15, height: 16, channels: 1, data: new Uint8Array(240).fill(255) };
  mask.data[0] = 0;
  const denoiser = denoiserOf({ condition: 'input-and-mask' }, nothing);
  await collect(denoiser, picture(15, 16, 3), { mask });
  const seen = denoiser.asked[0].mask as Tensor;
  assert.deepEqual(seen.shape, denoiser.asked[0].noisy.shape);
  assert.deepEqual(seen.shape, [1, 3, 32, 32]);
  const black = [...seen.data.keys()].filter((i) => seen.data[i] !== 1);
  // In every channel, the first pixel after the margin of 8; reflection does not repeat it.
  assert.deepEqual(
    black,
    [0, 1, 2].map((channel) => (channel * 32 + 8) * 32 + 8),
  );
  assert.ok(black.every((i) => seen.data[i] === 0));
});

test('a request that does not fit is refused with a sentence, before the network is called', async () => {
  const photo = picture(8, 8, 3);
  const masked = { condition: 'input-and-mask' } as const;
  const cases: [RegExp, ModelConfigInput, Image, RestoreOptions?][] = [
    [/a model that restores, got one of task generation/, { task: 'generation', condition: 'none' }, photo],
    [/a mask, which this model needs, got none/, masked, photo],
    [/no mask, which this model does not use, got one/, {}, photo, { mask: picture(8, 8, 1) }],
    [/a mask of 8x8, the size of the picture, got 8x9/, masked, photo, { mask: picture(8, 9, 1) }],
    [/3 values for each of 8x8 pixels, got 10 values/, {}, { ...photo, data: new Uint8Array(10) }],
    [/1 values for each of 0x8 pixels/, {}, picture(0, 8, 1)],
    [/eta, a number from 0 to 1/, {}, photo, { eta: 2 }],
    [/steps/, {}, photo, { steps: 2000 }],
  ];
  for (const [message, fields, image, options] of cases) {
    const denoiser = denoiserOf(fields, nothing);
    await assert.rejects(collect(denoiser, image, options), message);
    assert.equal(denoiser.asked.length, 0);
  }
});

test('an abort stops before the next call of the network', async () => {
  const controller = new AbortController();
  const denoiser = denoiserOf({}, nothing);
  const run = async () => {
    const options = { signal: controller.signal };
    for await (const { step } of restoreImage(denoiser, picture(8, 8, 3), options)) if (step === 1) controller.abort();
  };
  await assert.rejects(run(), { name: 'AbortError' });
  assert.equal(denoiser.asked.length, 1);
});

test('the network of a model that equalises gets the whole picture equalised', async () => {
  const image = picture(13, 7, 3, 4);
  const dark: Image = { ...image, data: image.data.map((value) => value / 8) };
  const restoredBy = async (preprocess: 'none' | 'equalise', given: Image) =>
    (await collect(denoiserOf({ preprocess }, nothing), given)).at(-1)?.image.data;
  assert.deepEqual(await restoredBy('equalise', dark), await restoredBy('none', equaliseHistogram(dark)));
  assert.notDeepEqual(await restoredBy('equalise', dark), await restoredBy('none', dark));
});

describe('inpainting', () => {
  const image = picture(20, 12, 3, 7);
  const mask: Image = { width: 20, height: 12, channels: 1, data: new Uint8Array(240).fill(255, 100, 160) };
  const inHole = (at: number): boolean => mask.data[Math.floor(at / 3)] > 127;

  test('the hole is grey, whatever the picture shows there, with and without the condition', async () => {
    for (const condition of ['none', 'input', 'input-and-mask'] as const) {
      const denoiser = denoiserOf({ task: 'inpainting', condition, schedule: { noiseStrength: 0 } }, nothing);
      const other: Image = { ...image, data: Uint8Array.from(image.data, (value, at) => (inHole(at) ? 9 : value)) };
      const [one, two] = [await collect(denoiser, image, { mask }), await collect(denoiser, other, { mask })];
      assert.deepEqual(one, two);
      assert.ok(one.at(-1)!.image.data.every((value, at) => value === (inHole(at) ? 128 : image.data[at])));
      assert.equal(denoiser.asked[0].mask !== undefined, condition === 'input-and-mask');
    }
  });

  test("with compositing, known pixels stay and the hole is the network's", async () => {
    const dark = ({ shape }: Tensor): Tensor => filled(shape, 0.5);
    for (const [fields, options] of [
      [{ sampling: { steps: 2, composite: 'known' } }, { mask }],
      [{}, { mask, composite: 'known' }],
    ] as const) {
      const denoiser = denoiserOf(
        { task: 'inpainting', condition: 'none', schedule: { noiseStrength: 0 }, ...fields },
        dark,
      );
      const { data } = (await collect(denoiser, image, options)).at(-1)!.image;
      assert.ok(data.every((value, at) => (inHole(at) ? value === 64 : value === image.data[at])));
    }
  });

  test('a request that does not fit is refused', async () => {
    const inpainting = denoiserOf({ task: 'inpainting' }, nothing);
    await assert.rejects(
      collect(inpainting, image, { composite: 'known' }),
      /expected a mask, outside of which pixels are kept, got none/,
    );
    const rain = denoiserOf({ task: 'deraining' }, nothing);
    await assert.rejects(
      collect(rain, image, { composite: 'known' }),
      /a model that inpaints, to keep known pixels, got one of task deraining/,
    );
    await assert.rejects(collect(rain, image, { mask }), /expected no mask, which this model does not use/);
  });
});
