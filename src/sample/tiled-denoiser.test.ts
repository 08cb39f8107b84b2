/** The denoiser by tiles: what it asks of the other one, what it puts together, when it stops, and what it refuses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import type { Denoiser, DenoiserRequest } from './denoiser.ts';
import { checkedSide, createTiledDenoiser, smallestTile, tileRules } from './tiled-denoiser.ts';

const blocks = 'gated' as const;
const unet = { kind: 'local' as const, width: 4, encoder: [0], middle: 1, decoder: [0], blocks };
const request = (shape: Shape): DenoiserRequest => {
  const [noisy, input, mask] = ['noisy', 'input', 'mask'].map((name) => normalTensor(shape, 0, [name]));
  return { noisy, input, mask, residualTime: 7, noiseTime: 3, method: 'residual' };
};

/** Answers what it was asked for, from each image; notes the requests. */
function echo(fields: ModelConfigInput = {}): Denoiser & { readonly asked: DenoiserRequest[] } {
  const asked: DenoiserRequest[] = [];
  const scaled = ({ shape, data }: Tensor, by: number): Tensor => ({ shape, data: data.map((value) => value * by) });
  return {
    asked,
    config: modelConfig({ unet, ...fields }),
    async predict(given) {
      // Tiles are filled again for the next call.
      const { noisy, input = noisy, mask = noisy } = given;
      asked.push({ ...given, noisy: scaled(noisy, 1), input: scaled(input, 1), mask: scaled(mask, 1) });
      return { residual: scaled(noisy, 2), noise: scaled(input, 3), clean: scaled(mask, 4) };
    },
  };
}

test('tiles of one size are asked for, with all images and times, and put together', async () => {
  const shape = [1, 3, 40, 68];
  const denoiser = echo();
  const seen: string[] = [];
  const tiled = createTiledDenoiser(denoiser, { side: 35, onTile: (done, total) => seen.push(`${done}/${total}`) });
  assert.equal(tiled.config, denoiser.config);
  const given = request(shape);
  const answer = await tiled.predict(given);
  for (const { noisy, input, mask, ...others } of denoiser.asked) {
    for (const tensor of [noisy, input, mask]) assert.deepEqual(tensor?.shape, [1, 3, 32, 32]);
    assert.deepEqual(others, { residualTime: 7, noiseTime: 3, method: 'residual' });
  }
  for (const [name, source, factor] of [
    ['residual', given.noisy, 2],
    ['noise', given.input, 3],
    ['clean', given.mask, 4],
  ] as const) {
    assert.deepEqual(answer[name], { shape, data: source?.data.map((value) => value * factor) }, name);
  }
  // 32 − 2 · 10 pixels are kept of a tile in the middle, down and across.
  assert.equal(denoiser.asked.length, 2 * 4);
  assert.deepEqual(
    seen,
    Array.from({ length: 8 }, (_, i) => `${i + 1}/8`),
  );
});

test('images of a batch come one after the other; a picture no larger than a tile is passed on as it is', async () => {
  const denoiser = echo({ unet: { ...unet, channels: 1 } });
  const tiled = createTiledDenoiser(denoiser, { side: 24 });
  const given = request([3, 1, 24, 28]);
  const { residual } = await tiled.predict(given);
  assert.deepEqual(
    residual?.data,
    given.noisy.data.map((value) => 2 * value),
  );
  assert.deepEqual(
    denoiser.asked.map(({ noisy }) => noisy.shape),
    Array(6).fill([1, 1, 24, 24]),
  );
  await tiled.predict(request([3, 1, 24, 24]));
  assert.deepEqual(denoiser.asked.at(-1)?.noisy.shape, [3, 1, 24, 24]);
  // One side is shorter than the tiles.
  await tiled.predict(request([1, 1, 8, 28]));
  assert.deepEqual(denoiser.asked.at(-1)?.noisy.shape, [1, 1, 8, 24]);
});

test('it stops between two tiles when it is asked to', async () => {
  const denoiser = echo();
  const stop = new AbortController();
  const onTile = (done: number): void => {
    if (done === 2) stop.abort();
  };
  const tiled = createTiledDenoiser(denoiser, { side: 24, signal: stop.signal, onTile });
  await assert.rejects(tiled.predict(request([1, 3, 40, 40])), { name: 'AbortError' });
  assert.equal(denoiser.asked.length, 2);
});

describe('refused', () => {
  test('networks that look at the whole picture', () => {
    for (const [fields, kind] of [
      [{ unet: { dim: 8, multipliers: [1, 2], groups: 4 } }, "the paper's U-Net"],
      [{ unet: { kind: 'diffusers' } }, 'diffusers'],
    ] as [ModelConfigInput, string][]) {
      assert.throws(
        () => createTiledDenoiser({ ...echo(), config: modelConfig(fields) }, { side: 512 }),
        ({ name, message, field }: Error & { field?: string }) =>
          name === 'RddmError' &&
          field === 'tile' &&
          message.startsWith('tiles: expected a network that looks at near pixels alone, got ') &&
          message.includes(kind) &&
          message.endsWith(', which looks at the whole picture; turn tiles off'),
      );
    }
  });

  test('sides that leave nothing but halo', () => {
    const rules = tileRules(echo().config);
    assert.equal(smallestTile(rules), 24);
    assert.equal(checkedSide(rules, 27), 24);
    for (const side of [23, 0, -24, 24.5, Number.NaN]) {
      assert.throws(() => createTiledDenoiser(echo(), { side }), {
        name: 'RddmError',
        message:
          /^tiles: expected a side of tiles from 24, since each has a halo of 10 pixels that this network looks at, got /,
      });
    }
  });

  test('images that the network could not divide, and predictions of another size', async () => {
    const tiled = createTiledDenoiser(echo(), { side: 24 });
    await assert.rejects(tiled.predict(request([1, 3, 30, 40])), {
      name: 'RddmError',
      message: 'tiles: expected images with sides divisible by 4, got 1x3x30x40',
    });
    const wrong = { config: echo().config, predict: async () => ({ residual: filled([1, 3, 8, 8], 0) }) };
    await assert.rejects(createTiledDenoiser(wrong, { side: 24 }).predict(request([1, 3, 40, 40])), {
      name: 'RddmError',
      message: 'tiles: expected a predicted residual of 1x3x24x24, got 1x3x8x8',
    });
  });
});
