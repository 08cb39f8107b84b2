import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { gammaTowards, meanLuma } from './gamma.ts';

function dark(channels: 1 | 3): Image {
  const random = createRandom(2, ['gamma test']);
  const data = Uint8Array.from({ length: 32 * 24 * channels }, () => 1 + random.integer(40));
  return { width: 32, height: 24, channels, data };
}

test('the mean luma is the wanted one, brighter or darker, up to rounding', () => {
  for (const channels of [1, 3] as const) {
    for (const wanted of [20, 60, 110, 200]) {
      const mean = meanLuma(gammaTowards(dark(channels), wanted));
      assert.ok(Math.abs(mean - wanted) < 0.3, `${mean} for ${wanted}`);
    }
  }
});

test('one curve: equal values stay equal, order is kept, black and white stay', () => {
  const data = Uint8Array.of(0, 10, 10, 20, 255, 40);
  const [black, a, b, c, white, d] = gammaTowards({ width: 6, height: 1, channels: 1, data }, 120).data;
  assert.deepEqual([black, white, a === b, a < c, c < d], [0, 255, true, true, true]);
});

test('a black picture stays black', () => {
  assert.deepEqual(
    [...gammaTowards({ width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 0) }, 110).data],
    [0, 0],
  );
});

test('an impossible mean is refused', () => {
  for (const wanted of [16, 235, Number.NaN]) {
    assert.throws(() => gammaTowards(dark(1), wanted), /gammaTowards: expected a mean luma above 16 and below 235/);
  }
});
