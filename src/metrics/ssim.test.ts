import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../math/random.ts';
import type { Plane } from './plane.ts';
import { ssimLuma, ssimOfPlanes, ssimRgb } from './ssim.ts';

function randomPlane(width: number, height: number, seed: number, smooth = 1): Plane {
  const random = createRandom(seed, ['ssim test']);
  const data = Float64Array.from(
    { length: width * height },
    (_, i) => (smooth === 1 ? 0 : (i % width) * smooth) + random.uniform() * 60,
  );
  return { width, height, data };
}

/** The published formula for each window, with weighted sums of squared deviations. */
function ssimByDefinition(x: Plane, y: Plane): number {
  const gauss = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5));
  const sum = gauss.reduce((a, b) => a + b) ** 2;
  let total = 0;
  let count = 0;
  for (let top = 0; top + 11 <= x.height; top++) {
    for (let left = 0; left + 11 <= x.width; left++) {
      const over = (f: (a: number, b: number) => number) => {
        let s = 0;
        for (let i = 0; i < 121; i++) {
          const [row, column] = [Math.floor(i / 11), i % 11];
          const at = (top + row) * x.width + left + column;
          s += ((gauss[row] * gauss[column]) / sum) * f(x.data[at], y.data[at]);
        }
        return s;
      };
      const mx = over((a) => a);
      const my = over((_, b) => b);
      const vx = over((a) => (a - mx) ** 2);
      const vy = over((_, b) => (b - my) ** 2);
      const cov = over((a, b) => (a - mx) * (b - my));
      total += ((2 * mx * my + 6.5025) * (2 * cov + 58.5225)) / ((mx ** 2 + my ** 2 + 6.5025) * (vx + vy + 58.5225));
      count++;
    }
  }
  return total / count;
}

test('the separable stream equals the published formula in every window', () => {
  const side = fc.integer({ min: 11, max: 27 });
  fc.assert(
    fc.property(side, side, fc.nat(1000), (width, height, seed) => {
      const x = randomPlane(width, height, seed);
      const y = randomPlane(width, height, seed + 1, 3);
      assert.ok(Math.abs(ssimOfPlanes(x, y) - ssimByDefinition(x, y)) < 1e-10);
    }),
    { numRuns: 20 },
  );
});

test('identical planes score 1, their order does not matter, noise lowers the score', () => {
  const x = randomPlane(32, 20, 1, 4);
  const y = randomPlane(32, 20, 2, 4);
  assert.ok(Math.abs(ssimOfPlanes(x, x) - 1) < 1e-12);
  assert.ok(Math.abs(ssimOfPlanes(x, y) - ssimOfPlanes(y, x)) < 1e-12);
  assert.ok(ssimOfPlanes(x, y) < 0.9);
});

test('ssimRgb is the mean of the channels; a grey picture counts as R = G = B', () => {
  const width = 12;
  const height = 13;
  const planes = [1, 2, 3, 4].map((seed) => randomPlane(width, height, seed));
  const bytes = planes.map(({ data }) => Uint8Array.from(data));
  const interleaved = new Uint8Array(width * height * 3);
  interleaved.forEach((_, i) => {
    interleaved[i] = bytes[i % 3][Math.floor(i / 3)];
  });
  const image = { width, height, channels: 3 as const, data: interleaved };
  const reference = { width, height, channels: 1 as const, data: bytes[3] };
  const whole = bytes.map((data) => ({ width, height, data: Float64Array.from(data) }));
  const mean = [0, 1, 2].reduce((sum, channel) => sum + ssimOfPlanes(whole[channel], whole[3]) / 3, 0);
  assert.ok(Math.abs(ssimRgb(image, reference) - mean) < 1e-12);
  assert.ok(Math.abs(ssimRgb(reference, reference) - 1) < 1e-12);
  assert.ok(ssimLuma(image, reference) < 1);
});

test('different sizes, and sizes below the window, are refused with a sentence', () => {
  assert.throws(
    () => ssimOfPlanes(randomPlane(12, 12, 1), randomPlane(12, 13, 1)),
    /expected two images of one size, got 12x12 and 12x13/,
  );
  assert.throws(
    () => ssimOfPlanes(randomPlane(10, 40, 1), randomPlane(10, 40, 2)),
    /expected images of at least 11x11.*got 10x40/,
  );
});
