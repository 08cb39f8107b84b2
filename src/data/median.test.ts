import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { createRandom } from '../math/random.ts';
import { medianFilter3 } from './median.ts';

test('the median of the nine neighbours, channel by channel, and at the edges, as libvips has it', async () => {
  const random = createRandom(0, ['median test']);
  for (const channels of [1, 3] as const) {
    for (const [width, height] of [
      [9, 6],
      [3, 4],
    ]) {
      const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
      const filtered = medianFilter3({ width, height, channels, data });
      assert.deepEqual([filtered.width, filtered.height, filtered.channels], [width, height, channels]);
      const theirs = sharp(data, { raw: { width, height, channels } }).median(3);
      const expected = await theirs
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer();
      assert.deepEqual([...filtered.data], [...expected], `${width}x${height}x${channels}`);
    }
  }
});

test('a picture smaller than the window has a median too', () => {
  const data = Uint8Array.of(0, 200);
  assert.deepEqual([...medianFilter3({ width: 2, height: 1, channels: 1, data }).data], [0, 200]);
});
