import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { blur } from './blur.ts';
import { lightOf } from './linear-light.ts';

const still = { shake: 0, roll: 0, moving: 0, travel: 0, noise: 0 };
const blurredBy = (image: Image, settings: object, seed = 1): Image =>
  blur.apply(image, blur.schema.parse({ ...still, ...settings }), createRandom(seed, ['blur'])).image;
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

/** Light and dark squares that fill the picture evenly. */
const checks: Image = {
  width: 64,
  height: 48,
  channels: 3,
  data: Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return (((pixel % 64) >> 3) + ((pixel / 64) >> 3)) % 2 ? 220 : 30;
  }),
};
/** A point of light in the dark. */
const star: Image = { width: 41, height: 41, channels: 1, data: new Uint8Array(41 * 41) };
star.data[20 * 41 + 20] = 255;
/** The centre of a picture's light, and its variance along both axes together. */
function spread(image: Image): { x: number; y: number; variance: number } {
  const light = lightOf(image);
  const total = light.reduce((sum, value) => sum + value, 0);
  const moment = (of: (x: number, y: number) => number) =>
    light.reduce((sum, value, i) => sum + value * of(i % image.width, Math.floor(i / image.width)), 0) / total;
  const [x, y] = [moment((x) => x), moment((_, y) => y)];
  return { x, y, variance: moment((px, py) => (px - x) ** 2 + (py - y) ** 2) };
}

test('without motion nothing changes', () => {
  assert.deepEqual(blurredBy(checks, {}).data, checks.data);
});

test('blur removes detail and keeps the light', () => {
  const contrast = ({ data }: Image) => Math.sqrt(mean(Array.from(data, (value) => (value - mean(data)) ** 2)));
  for (const settings of [{ shake: 10 }, { roll: 5 }, { moving: 1, travel: 10 }, { shake: 6, moving: 1, travel: 8 }]) {
    const image = blurredBy(checks, settings, 3);
    const change = mean(lightOf(image)) / mean(lightOf(checks)) - 1;
    assert.ok(Math.abs(change) < 0.03, `${JSON.stringify(settings)} changes the light by ${change}`);
    assert.ok(contrast(image) < contrast(checks) - 3, JSON.stringify(settings));
  }
});

test('a star becomes a trace around its place, of the length of the shake', () => {
  for (let seed = 0; seed < 8; seed++) {
    const [short, long] = [4, 16].map((shake) => spread(blurredBy(star, { shake }, seed)));
    for (const { x, y } of [short, long]) assert.ok(Math.hypot(x - 20, y - 20) < 0.3, `${x}, ${y}`);
    assert.ok(long.variance > 5 * short.variance && long.variance < 16 ** 2 / 4);
  }
});

test('if only one object moves, the rest stays sharp', () => {
  const image = blurredBy(checks, { moving: 1, travel: 6 }, 2);
  const changed = image.data.filter((value, i) => value !== checks.data[i]).length / image.data.length;
  assert.ok(changed > 0.01 && changed < 0.6, `${changed}`);
});

test('an object moves in the share of pictures asked for', () => {
  let moved = 0;
  for (let seed = 0; seed < 60; seed++) {
    if (blurredBy(checks, { moving: 0.5, travel: 6 }, seed).data.some((value, i) => value !== checks.data[i])) moved++;
  }
  assert.ok(moved > 18 && moved < 42, `${moved} of 60`);
});
