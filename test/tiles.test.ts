/**
 * Restoring in tiles on ONNX Runtime: the same picture as whole, to rounding, and no longer if the halo is one pixel
 * narrower. With random weights, so that all of the network counts.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import type { Image } from '../src/data/image.ts';
import { createRandom, normalTensor } from '../src/math/random.ts';
import { elementCount, type Shape } from '../src/math/shape.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { pictureInMemory } from '../src/operations/picture.ts';
import { type RestorationOptions, restorePictures } from '../src/operations/restore.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { Denoiser, DenoiserAnswer } from '../src/sample/denoiser.ts';
import { createNetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { type RestoreOptions, restoreImage } from '../src/sample/restore.ts';
import { createTiledDenoiser, denoiserByTiles, type TileRules, tileRules } from '../src/sample/tiled-denoiser.ts';

const runtime = createOrtRuntime({ threads: 1 });
after(() => runtime.close());

/** Weights of a size at which every layer counts. */
const weightsOf = (config: ReturnType<typeof modelConfig>): TensorMap =>
  Object.fromEntries(
    Object.entries(modelParameters(config)).map(([name, { shape }]) => {
      const fanIn = shape.length > 1 ? elementCount(shape.slice(1)) : 1;
      const { data } = normalTensor(shape, 1, [name]);
      return [name, { shape, data: data.map((value) => (0.7 * value) / Math.sqrt(fanIn)) }];
    }),
  );

const small = { kind: 'local' as const, width: 8, encoder: [1], middle: 1, decoder: [1], blocks: 'gated' as const };
const deeper = {
  kind: 'local' as const,
  width: 4,
  encoder: [1, 1],
  middle: 2,
  decoder: [1, 1],
  blocks: 'gated' as const,
};
const plain = { ...small, blocks: 'plain' as const };

const opened = (fields: ModelConfigInput) => {
  const config = modelConfig({ sampling: { steps: 2 }, ...fields });
  return createNetworkDenoiser(runtime, config, weightsOf(config));
};

const picture = (width: number, height: number, at: (x: number, y: number, c: number) => number): Image => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) =>
    at(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  ),
});
const random = createRandom(0, ['texture']);
const pictures = {
  gradient: picture(150, 110, (x, y, c) => [x, y, 255 - x][c] + 40),
  texture: picture(150, 110, (x, y) => 128 + 60 * Math.sin(x * y * 0.01) + random.integer(60)),
};

async function restored(denoiser: Denoiser, image: Image, options: RestoreOptions = {}): Promise<Image> {
  let last = image;
  for await (const event of restoreImage(denoiser, image, options)) last = event.image;
  return last;
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  assert.equal(a.length, b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
};

for (const [name, image] of Object.entries(pictures)) {
  test(`a ${name} is restored in tiles of three sizes as it is whole`, async () => {
    const denoiser = opened({ unet: small });
    const whole = await restored(denoiser, image);
    assert.ok(furthest(whole.data, image.data) > 20, 'the network does something');
    for (const side of [56, 80, 127]) {
      const tiles = createTiledDenoiser(denoiser, { side });
      const { data } = await restored(tiles, image);
      assert.ok(furthest(data, whole.data) <= 1, `${side}`);
      // Most sampling options are the sampler's; noise, eta and a single step are no different.
      assert.ok(
        furthest(
          (await restored(tiles, image, { steps: 1, eta: 1, seed: 3 })).data,
          (await restored(denoiser, image, { steps: 1, eta: 1, seed: 3 })).data,
        ) <= 1,
      );
    }
    await denoiser.release();
  });
}

describe('one call of the network', () => {
  /** Pictures that two rows of three tiles cover without a pixel to spare, so that each halo is needed. */
  const measured = ({ rows, columns }: TileRules) => {
    const kept = 32;
    assert.deepEqual(rows, columns);
    const side = rows.before + rows.after + kept;
    return { side, shape: [1, 3, side + kept, side + 2 * kept] };
  };
  const ask = (denoiser: Denoiser, shape: Shape): Promise<DenoiserAnswer> => {
    const [noisy, input, mask] = ['noisy', 'input', 'mask'].map((name) => normalTensor(shape, 0, [name]));
    const withMask = denoiser.config.condition === 'input-and-mask';
    return denoiser.predict({ noisy, input, ...(withMask && { mask }), residualTime: 400, noiseTime: 300 });
  };
  const difference = (a: DenoiserAnswer, b: DenoiserAnswer): number => {
    assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
    return Math.max(
      ...Object.entries(a).map(([name, { data }]) => {
        const other = (b as Record<string, Tensor>)[name];
        const scale = other.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        return furthest(data, other.data) / scale;
      }),
    );
  };

  for (const [name, fields] of Object.entries<ModelConfigInput>({
    'one network': { unet: small },
    'plain blocks': { unet: plain },
    'two levels': { unet: deeper },
    'two networks that predict two terms': {
      unet: small,
      objective: 'residual-noise',
      networks: 'two',
      time: 'cumulative',
    },
    'a mask': { unet: small, task: 'shadow-removal', condition: 'input-and-mask' },
  })) {
    test(`${name}: by tiles the same to rounding, with a narrower halo not`, async () => {
      const denoiser = opened(fields);
      const rules = tileRules(denoiser.config);
      const { rows } = rules;
      const { side, shape } = measured(rules);
      const whole = await ask(denoiser, shape);
      const off = async (change: Partial<TileRules>) =>
        difference(await ask(denoiserByTiles(denoiser, { ...rules, ...change }, { side }), shape), whole);
      assert.ok((await off({})) < 2e-6);
      // So many pixels move from one halo into what is kept, at the start of tiles or at their end. One is enough, but what
      // the outermost pixel does through two levels is less than rounding.
      const pixels = name === 'two levels' ? rules.grid : 1;
      for (const by of [-pixels, pixels]) {
        const moved = { before: rows.before + by, after: rows.after - by };
        assert.ok((await off({ rows: moved })) > 1e-5, `rows ${by}`);
        assert.ok((await off({ columns: moved })) > 1e-5, `columns ${by}`);
      }
      await denoiser.release();
    });
  }

  test('the grid matters: tiles that start between squares give another picture', async () => {
    const denoiser = opened({ unet: small });
    const rules = tileRules(denoiser.config);
    const { side, shape } = measured(rules);
    const shifted = { ...rules, grid: 1, columns: { ...rules.columns, before: rules.columns.before + 1 } };
    const tiled = await ask(denoiserByTiles(denoiser, shifted, { side }), shape);
    assert.ok(difference(tiled, await ask(denoiser, shape)) > 1e-2);
    await denoiser.release();
  });
});

describe('restorePictures', () => {
  const config = modelConfig({ unet: { ...small, width: 4 }, sampling: { steps: 1 } });
  const large = picture(900, 500, (x, y) => (x * y) % 256);
  const larger = picture(600, 800, (x, y) => (x + y) % 256);

  /** Restores with a count of opened sessions. */
  async function run(images: readonly Image[], options: RestorationOptions) {
    let sessions = 0;
    const counting: Runtime = {
      ...runtime,
      load(programs, states) {
        sessions++;
        return runtime.load(programs, states);
      },
    };
    const denoiser = createNetworkDenoiser(counting, config, weightsOf(config));
    const results: Image[] = [];
    const failures: string[] = [];
    const jobs = images.map((image, i) => ({ input: pictureInMemory(`${i}`, image) }));
    for await (const event of restorePictures(denoiser, jobs, options)) {
      if (event.kind === 'restored') results.push(event.image);
      if (event.kind === 'failed') failures.push(event.error.message);
    }
    await denoiser.release();
    return { results, failures, sessions };
  }

  test('pictures of two sizes in tiles need one session, and are the same as whole', async () => {
    const progress: string[] = [];
    const tiles = await run([large, larger], {
      tile: 300,
      onTile: ({ index, done, total }) => progress.push(`${index}: ${done}/${total}`),
    });
    const whole = await run([large, larger], { tile: 'off' });
    assert.deepEqual([tiles.sessions, whole.sessions], [1, 2]);
    tiles.results.forEach((image, i) => {
      assert.ok(furthest(image.data, whole.results[i].data) <= 1);
    });
    assert.ok(progress.includes('0: 1/8') && progress.includes('1: 9/9'), progress.join(', '));
  });

  test('a picture too large for the memory is restored in tiles by itself, and refused only without them', async () => {
    // Whole it needs 444 MB, and 436 MB in tiles of 256.
    const memory = 4.4e8;
    const whole = await run([large], { tile: 'off', memory });
    assert.match(whole.failures.join(), /got 900x500, which needs about 0\.4 GB; scale it down to/);
    const { results, failures } = await run([large], { memory });
    assert.deepEqual(failures, []);
    assert.ok(furthest(results[0].data, (await run([large], { tile: 'off' })).results[0].data) <= 1);
  });

  test('an impossible tile is refused before the first picture', async () => {
    await assert.rejects(run([large], { tile: 20 }), {
      name: 'RddmError',
      message: /^tiles: expected a side of tiles from/,
    });
  });

  test('it stops between two tiles', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const onTile = ({ done }: { done: number }): void => {
      seen.push(done);
      if (done === 3) stop.abort();
    };
    await assert.rejects(run([large], { tile: 300, onTile, signal: stop.signal }), { name: 'AbortError' });
    assert.deepEqual(seen, [1, 2, 3]);
  });
});
