/** The random-feature Fréchet distance on drawn pictures: worse pictures must be further away. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createOrtRuntime } from '../adapters/node/ort/runtime.ts';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { largestDifference } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { frechetDistance } from './frechet.ts';
import { randomFeatures } from './random-features.ts';

const SIDE = 16;
const runtime = createOrtRuntime({ device: 'cpu' });
after(() => runtime.close());

/** A picture of coloured discs. */
function picture(index: number): Image {
  const { between } = createRandom(1, ['discs', index]);
  const data = new Uint8ClampedArray(SIDE * SIDE * 3).fill(between(60, 200));
  for (let disc = 0; disc < 4; disc++) {
    const [x, y, radius] = [between(0, SIDE), between(0, SIDE), between(2, 6)];
    const colour = [between(0, 255), between(0, 255), between(0, 255)];
    for (let pixel = 0; pixel < SIDE * SIDE; pixel++) {
      const distance = Math.hypot((pixel % SIDE) - x, Math.floor(pixel / SIDE) - y);
      if (distance < radius) data.set(colour, pixel * 3);
    }
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}

/** Averages neighbours, `times` times. */
function blurred(image: Image, times: number): Image {
  if (times === 0) return image;
  const data = Uint8ClampedArray.from(image.data, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    let total = 0;
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        const row = Math.min(SIDE - 1, Math.max(0, y + dy));
        const column = Math.min(SIDE - 1, Math.max(0, x + dx));
        total += image.data[(row * SIDE + column) * 3 + (i % 3)];
      }
    }
    return total / 9;
  });
  return blurred({ ...image, data }, times - 1);
}

function noisy(image: Image, deviation: number, index: number): Image {
  const { normal } = createRandom(2, ['noise', index]);
  return { ...image, data: Uint8ClampedArray.from(image.data, (value) => value + deviation * normal()) };
}

describe('the random-feature Fréchet distance', async () => {
  const COUNT = 200;
  const real = Array.from({ length: COUNT }, (_, i) => picture(i));
  const others = Array.from({ length: COUNT }, (_, i) => picture(COUNT + i));
  const features = await randomFeatures(runtime, real);
  const distance = async (images: readonly Image[]) => frechetDistance(features, await randomFeatures(runtime, images));
  const rises = async (levels: readonly number[], worse: (level: number) => readonly Image[]) => {
    const distances: number[] = [];
    for (const level of levels) distances.push(await distance(worse(level)));
    distances.reduce((before, now) => {
      assert.ok(now > before * 1.01, `it should rise: ${distances}`);
      return now;
    });
  };

  test('rises with blur', () => rises([0, 1, 2, 4], (times) => others.map((image) => blurred(image, times))));
  test('rises with noise', () => rises([0, 10, 20, 40], (sigma) => others.map((image, i) => noisy(image, sigma, i))));
  test('rises when pictures repeat', () =>
    rises([200, 100, 40, 10], (count) => others.map((_, i) => others[i % count])));
  test('is 0 between a set and the same set in another order', async () => {
    assert.ok((await distance([...real].reverse())) < 1e-9);
  });
});

test('features match the reference runtime, whatever else is in the batch', async () => {
  const images = Array.from({ length: 3 }, (_, i) => picture(i));
  const [whole, alone] = [await randomFeatures(runtime, images), await randomFeatures(runtime, images.slice(2))];
  const exact = await randomFeatures(createReferenceRuntime(), images.slice(2));
  assert.deepEqual(whole.shape, [3, 323]);
  assert.ok(largestDifference(alone, exact) < 1e-5);
  assert.ok(largestDifference({ shape: [1, 323], data: whole.data.slice(2 * 323) }, alone) < 1e-5);
});

test('refusals', async () => {
  const tall = { width: 16, height: 17, channels: 3 as const, data: new Uint8Array(16 * 17 * 3) };
  await assert.rejects(randomFeatures(runtime, []), /at least one picture/);
  await assert.rejects(randomFeatures(runtime, [picture(0), tall]), /pictures of one size, got 16x16 and 16x17/);
  const small = { width: 7, height: 9, channels: 1 as const, data: new Uint8Array(63) };
  await assert.rejects(randomFeatures(runtime, [small]), /pictures of at least 8x8, got 9x7/);
  await assert.rejects(randomFeatures(runtime, [picture(0)], { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
