import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Batch } from '../../../data/batch.ts';
import type { Dataset } from '../../../data/dataset.ts';
import type { LoaderOptions } from '../../../data/loader.ts';
import { normalTensor } from '../../../math/random.ts';
import { writeImage } from '../pictures/images.ts';
import { openDataset } from './dataset.ts';
import { createLoader } from './loader.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-loader-'));
after(() => rm(root, { recursive: true }));

/** Writes pictures of noise. */
async function writePictures(folder: string, count: number, channels: 1 | 3 = 3): Promise<string> {
  await mkdir(folder);
  for (let n = 0; n < count; n++) {
    const noise = normalTensor([40 * 30 * channels], n, ['picture']).data;
    const data = Uint8Array.from(noise, (value) => Math.min(255, Math.max(0, 110 + 40 * value)));
    await writeImage(join(folder, `${n}.png`), { width: 40, height: 30, channels, data });
  }
  return folder;
}

const clean = await writePictures(join(root, 'clean'), 5);
const input = await writePictures(join(root, 'input'), 5);
const mask = await writePictures(join(root, 'mask'), 5, 1);
const rainy = await openDataset({
  kind: 'degraded',
  clean,
  degradation: { kind: 'rain' },
  crop: 16,
  scale: [0.6, 1],
  flips: 'all',
});
const options = (dataset: Dataset, more: Partial<LoaderOptions> = {}): LoaderOptions => ({
  ...{ dataset, batch: 3, channels: 3, timesteps: 1000, seed: 1 },
  ...more,
});

/** The batches of some steps, in the order of requests. */
async function batches(loaderOptions: LoaderOptions, steps: readonly number[]): Promise<Batch[]> {
  const loader = createLoader(loaderOptions);
  try {
    const made: Batch[] = [];
    for (const step of steps) made.push(await loader.batch(step));
    return made;
  } finally {
    await loader.close();
  }
}

test('a step has the same bytes whenever it is reached, from any number of workers', async () => {
  const all = await batches(options(rainy), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(
    all.map(({ step }) => step),
    [0, 1, 2, 3, 4, 5],
  );
  assert.deepEqual(await batches(options(rainy), [3, 4, 5]), all.slice(3), 'a resumed run');
  assert.deepEqual(await batches(options(rainy, { workers: 2, prefetch: 3 }), [0, 1, 2, 3, 4, 5]), all, 'two workers');
  const jumping = await batches(options(rainy, { prefetch: 0, cacheBytes: 0 }), [5, 0, 0, 2]);
  assert.deepEqual(jumping, [all[5], all[0], all[0], all[2]], 'jumps, no prefetching, no cache');
  const [other] = await batches(options(rainy, { seed: 2 }), [0]);
  assert.notDeepEqual(other.clean, all[0].clean);
  assert.notDeepEqual(other.noise, all[0].noise);
});

test('batches change their sizes where a stage begins, from any number of workers', async () => {
  const stages = [{ from: 2, size: 24, batch: 2 }];
  const all = await batches(options(rainy, { stages }), [0, 1, 2, 3]);
  assert.deepEqual(
    all.map(({ clean }) => clean.shape),
    [...new Array(2).fill([3, 3, 16, 16]), ...new Array(2).fill([2, 3, 24, 24])],
  );
  assert.deepEqual(await batches(options(rainy, { stages, workers: 2, prefetch: 3 }), [2, 3]), all.slice(2));
});

test('steps requested at once arrive separately', async () => {
  const loader = createLoader(options(rainy, { workers: 2 }));
  const [a, b, again] = await Promise.all([loader.batch(7), loader.batch(2), loader.batch(7)]);
  assert.deepEqual([a.step, b.step], [7, 2]);
  assert.deepEqual(again, a);
  await loader.close();
});

test('values: pictures in [-1, 1], masks in [0, 1] in every channel, noise standard normal', async () => {
  const pairs = await openDataset({ kind: 'folders', target: clean, input, mask, crop: 24 });
  const [batch] = await batches(options(pairs, { batch: 8 }), [0]);
  const range = (values: Float32Array) => [Math.min(...values), Math.max(...values)];
  for (const tensor of [batch.clean, batch.input!]) {
    assert.deepEqual(tensor.shape, [8, 3, 24, 24]);
    const [least, most] = range(tensor.data);
    assert.ok(least >= -1 && least < -0.5 && most > 0.5 && most <= 1);
  }
  const [least, most] = range(batch.mask!.data);
  assert.ok(least >= 0 && least < 0.3 && most > 0.7 && most <= 1);
  assert.deepEqual(batch.mask!.data.slice(0, 576), batch.mask!.data.slice(576, 1152));
  const variance = batch.noise.data.reduce((sum, value) => sum + value * value, 0) / batch.noise.data.length;
  assert.ok(Math.abs(variance - 1) < 0.05);
  assert.equal(batch.time.length, 8);
});

test('grey batches of colour pictures, and pictures without pairs', async () => {
  const alone = await openDataset({ kind: 'images', folder: clean, crop: 8 });
  const [batch] = await batches(options(alone, { channels: 1 }), [0]);
  assert.deepEqual(batch.clean.shape, [3, 1, 8, 8]);
  assert.equal(batch.input, undefined);
  assert.equal(batch.mask, undefined);
});

test('a picture that breaks after opening is named in one sentence, and other steps continue', async () => {
  const folder = await writePictures(join(root, 'breaking'), 2);
  const dataset = await openDataset({ kind: 'images', folder, crop: 8 });
  const bytes = await readFile(join(folder, '1.png'));
  await writeFile(join(folder, '1.png'), bytes.subarray(0, 600));
  const loader = createLoader(options(dataset, { batch: 1, workers: 1 }));
  const results = await Promise.allSettled([loader.batch(0), loader.batch(1)]);
  const failed = results.filter((result) => result.status === 'rejected');
  assert.equal(failed.length, 1);
  assert.equal(failed[0].reason.name, 'RddmError');
  assert.match(failed[0].reason.message, /^[^\n]*1\.png: expected a complete PNG image[^\n]*$/);
  await loader.close();
});

test('a closed loader refuses, closing twice is fine, and waiting requests are rejected', async () => {
  const loader = createLoader(options(rainy));
  const waiting = assert.rejects(loader.batch(0), /loader: it was closed/);
  await loader.close();
  await waiting;
  await loader.close();
  await assert.rejects(loader.batch(1), /loader: it was closed/);
});

test('wrong options are refused with a sentence', async () => {
  assert.throws(
    () => createLoader(options(rainy, { workers: 0 })),
    /expected workers to be a whole number from 1, got 0/,
  );
  assert.throws(() => createLoader(options(rainy, { batch: 1.5 })), /expected batch .* got 1.5/);
  for (const times of [[], [1000], [-1], [0.5]]) {
    assert.throws(() => createLoader(options(rainy, { times })), /expected times, whole numbers from 0 to 999, got \[/);
  }
  const stage = { from: 2, size: 8, batch: 1 };
  for (const stages of [
    [{ ...stage, from: -1 }],
    [{ ...stage, size: 0 }],
    [{ ...stage, batch: 1.5 }],
    [stage, { ...stage, size: 16 }],
  ]) {
    assert.throws(() => createLoader(options(rainy, { stages })), /expected stages in order of from, .* got \[/);
  }
  const loader = createLoader(options(rainy));
  await assert.rejects(loader.batch(-1), /expected a step from 0, got -1/);
  await loader.close();
});
