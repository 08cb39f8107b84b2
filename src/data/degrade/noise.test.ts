import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import { linearOfSrgb, srgbOfLinear } from '../../math/srgb.ts';
import { degradationSchema, degrade } from './degradation.ts';

const flat = (value: number) => ({
  width: 100,
  height: 100,
  channels: 3 as const,
  data: new Uint8Array(30_000).fill(value),
});

/** Mean and standard deviation of a flat picture with noise, of 8-bit values or of what `of` makes of them. */
function spread(value: number, settings: object, of: (value: number) => number = (each) => each) {
  const degradation = degradationSchema.parse({ kind: 'noise', shot: 0, read: 0, ...settings });
  const { data } = degrade(flat(value), degradation, createRandom(3, ['noise'])).image;
  const values = Array.from(data, of);
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length) };
}

const close = (given: number, wanted: number, share = 0.03): void =>
  assert.ok(Math.abs(given - wanted) <= share * wanted, `${given}, not ${wanted}`);

test('sigma is the deviation of the 8-bit values', () => {
  for (const sigma of [5, 25]) {
    const { mean, deviation } = spread(128, { sigma });
    close(mean, 128, 0.01);
    // Rounding adds a twelfth.
    close(deviation, Math.sqrt(sigma ** 2 + 1 / 12));
  }
});

test('shot noise grows with the root of the light, read noise does not', () => {
  const linear = (value: number): number => linearOfSrgb[value];
  for (const light of [0.1, 0.4]) {
    const value = Math.round(255 * srgbOfLinear(light));
    close(spread(value, { shot: 0.05 }, linear).deviation, 0.05 * Math.sqrt(linear(value)));
    close(spread(value, { read: 0.02 }, linear).deviation, 0.02);
  }
});

test('without noise the picture stays as it is, and values stay within 0 to 255', () => {
  assert.equal(spread(77, {}).deviation, 0);
  const { mean } = spread(255, { sigma: 50 });
  assert.ok(mean > 220 && mean < 255);
});

test('settings out of range are refused', () => {
  for (const settings of [{ shot: -1 }, { read: 1 }, { sigma: 101 }, { sigma: [5, 2] }, { iso: 100 }]) {
    assert.equal(degradationSchema.safeParse({ kind: 'noise', ...settings }).success, false);
  }
});
