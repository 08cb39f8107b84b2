import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { linearOf8Bit } from './linear-light.ts';
import { lowLight } from './low-light.ts';

const plain = (side: number, value: number): Image => ({
  width: side,
  height: side,
  channels: 3,
  data: new Uint8Array(side * side * 3).fill(value),
});
const quiet = { cast: 0, vignette: 0, shot: 0, read: 0, black: 0, gamma: 1 };
const darken = (image: Image, settings: object, seed = 1): Image =>
  lowLight.apply(image, lowLight.schema.parse({ ...quiet, ...settings }), createRandom(seed, ['low'])).image;
const light = ({ data }: Image, channel: number): number => {
  const values = [...data].filter((_, i) => i % 3 === channel);
  return values.reduce((sum, value) => sum + linearOf8Bit[value], 0) / values.length;
};

test('exposure keeps a share of the light, and 8 bits lose the rest', () => {
  for (const value of [60, 128, 255]) {
    const { data } = darken(plain(4, value), { exposure: 0.25 });
    assert.ok(Math.abs(linearOf8Bit[data[0]] / linearOf8Bit[value] - 0.25) < 0.01);
  }
  const ramp: Image = { ...plain(16, 0), data: Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3)) };
  assert.equal(new Set(darken(ramp, { exposure: 1 }).data).size, 256);
  assert.ok(new Set(darken(ramp, { exposure: 0.01 }).data).size < 30);
});

test('noise grows with the light, as photon noise does', () => {
  const variance = (value: number) => {
    const image = darken(plain(64, value), { exposure: 0.5, shot: 0.05 });
    const values = Float64Array.from(image.data, (level) => linearOf8Bit[level]);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  };
  // Twice the light is twice the variance.
  const [dark, bright] = [188, 137].map((value) => [linearOf8Bit[value], variance(value)]);
  assert.ok(Math.abs(dark[1] / bright[1] - dark[0] / bright[0]) < 0.2, `${dark} ${bright}`);
});

test('a cast shifts colours and keeps brightness', () => {
  const neutral = darken(plain(8, 200), { exposure: 0.2 });
  for (const cast of [0.8, -0.8]) {
    const image = darken(plain(8, 200), { exposure: 0.2, cast });
    assert.equal(Math.sign(light(image, 0) - light(image, 2)), Math.sign(cast));
    const brightness = (of: Image) => 0.2126 * light(of, 0) + 0.7152 * light(of, 1) + 0.0722 * light(of, 2);
    assert.ok(Math.abs(brightness(image) / brightness(neutral) - 1) < 0.02);
  }
});

test('a black level clips the darkest values, corners are darker, gamma bends the curve', () => {
  assert.ok(darken(plain(4, 40), { exposure: 0.1, black: 0.01 }).data.every((value) => value === 0));
  const { data } = darken(plain(33, 200), { exposure: 0.5, vignette: 0.5 });
  const [corner, middle] = [data[0], data[(16 * 33 + 16) * 3]];
  assert.ok(Math.abs(linearOf8Bit[corner] / linearOf8Bit[middle] - 0.5) < 0.02);
  assert.ok(
    darken(plain(4, 200), { exposure: 0.5, gamma: 1.2 }).data[0] < darken(plain(4, 200), { exposure: 0.5 }).data[0],
  );
});
