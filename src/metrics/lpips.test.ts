/** LPIPS with random weights: properties that hold for any weights. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { randomInputs } from '../../test/support/gradient-checks.ts';
import { createOrtRuntime } from '../adapters/node/ort/runtime.ts';
import type { Image } from '../data/image.ts';
import { feed } from '../graph/build.ts';
import { evaluateExactly } from '../graph/evaluate.ts';
import { createRandom } from '../math/random.ts';
import { lpips } from '../nn/lpips.ts';
import { constantParameters, initialWeights, recordParameters } from '../nn/parameters.ts';
import { createLpips } from './lpips.ts';

const pair = (parameters: Parameters<typeof lpips>[2], side = 31) =>
  lpips(feed('first', [1, 3, side, side]), feed('second', [1, 3, side, side]), parameters);
const weights = initialWeights(
  recordParameters((parameters) => pair(parameters)),
  1,
);
const runtime = createOrtRuntime({ device: 'cpu' });
after(() => runtime.close());

function picture(width: number, height: number, channels: 1 | 3, noise: number): Image {
  const { normal } = createRandom(1, ['lpips', noise]);
  const data = Uint8ClampedArray.from(
    { length: width * height * channels },
    (_, i) => ((i * 7) % 200) + noise * normal(),
  );
  return { width, height, channels, data };
}

test('0 for equal pictures, symmetric, larger for more noise; sizes may change between calls', async () => {
  const meter = createLpips(runtime, weights);
  for (const [width, height] of [
    [31, 31],
    [40, 33],
    [31, 31],
  ]) {
    const clean = picture(width, height, 3, 0);
    assert.equal(await meter.distance(clean, clean), 0);
    const [little, much] = [picture(width, height, 3, 4), picture(width, height, 3, 40)];
    const near = await meter.distance(little, clean);
    assert.ok(near > 0 && (await meter.distance(much, clean)) > 2 * near);
    assert.ok(Math.abs((await meter.distance(clean, little)) - near) < 1e-6 * near);
  }
  const grey = picture(32, 32, 1, 9);
  const colour = {
    ...grey,
    channels: 3 as const,
    data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => grey.data[Math.floor(i / 3)]),
  };
  assert.equal(await meter.distance(grey, colour), 0);
  await meter.release();
});

test('the distance is the sum over the layers', () => {
  const { distance, layers } = pair(constantParameters(weights));
  const [whole, parts] = evaluateExactly([distance, layers], randomInputs([distance, layers]));
  assert.equal(parts.data.length, 5);
  assert.ok(Math.abs(whole.data[0] - parts.data.reduce((total, part) => total + part, 0)) < 1e-15);
});

test('refusals', async () => {
  const meter = createLpips(runtime, weights);
  await assert.rejects(
    meter.distance(picture(30, 40, 3, 0), picture(30, 40, 3, 1)),
    /at least 31x31, AlexNet's minimum, got 40x30/,
  );
  await assert.rejects(meter.distance(picture(32, 32, 3, 0), picture(33, 32, 3, 0)), /two images of one size/);
  const nodes = (first: number[], second: number[]) => () =>
    lpips(feed('first', first), feed('second', second), constantParameters(weights));
  assert.throws(
    nodes([1, 1, 40, 40], [1, 1, 40, 40]),
    /expected images \[N, 3, H, W\], got 1x1x40x40; pass a grey image/,
  );
  assert.throws(nodes([3, 40, 40], [3, 40, 40]), /expected images \[N, 3, H, W\], got 3x40x40/);
  assert.throws(nodes([1, 3, 40, 40], [2, 3, 40, 40]), /images of one shape, got 1x3x40x40 and 2x3x40x40/);
});
