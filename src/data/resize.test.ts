import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../math/random.ts';
import type { Image } from './image.ts';
import { resizeImage } from './resize.ts';

const line = (...data: number[]): Image => ({
  width: data.length,
  height: 1,
  channels: 1,
  data: Uint8Array.from(data),
});
const side = fc.integer({ min: 1, max: 24 });

test('enlarging keeps an edge in place, with the weights of a = -0.5', () => {
  // At a quarter pixel the four weights are -9, 111, 29, -3 over 128.
  const weights = [-9, 111, 29, -3].map((weight) => weight / 128);
  const step = resizeImage(line(0, 0, 0, 100, 100, 100), 12, 1).data;
  assert.deepEqual([...step.slice(2, 10)], [0, 0, 0, 20, 80, 107, 102, 100]);
  assert.equal(step[5], Math.round(100 * (weights[2] + weights[3])));
  assert.equal(step[7], Math.round(100 * (1 - weights[0])));
});

test('shrinking keeps the middle of a ramp at any ratio: no shift', () => {
  const ramp = line(...Array.from({ length: 48 }, (_, i) => i * 5));
  for (const width of [24, 16, 12]) {
    const { data } = resizeImage(ramp, width, 1);
    const scale = 48 / width;
    for (let i = 2; i < width - 2; i++)
      assert.ok(Math.abs(data[i] - ((i + 0.5) * scale - 0.5) * 5) <= 0.5, `${width}: ${data}`);
  }
});

test('flat pictures stay flat, symmetric pictures stay symmetric, and sizes are exact', () => {
  fc.assert(
    fc.property(side, side, side, side, fc.constantFrom(1 as const, 3 as const), (w, h, width, height, channels) => {
      const flat: Image = { width: w, height: h, channels, data: new Uint8Array(w * h * channels).fill(173) };
      const resized = resizeImage(flat, width, height);
      assert.deepEqual([resized.width, resized.height, resized.channels], [width, height, channels]);
      assert.equal(resized.data.length, width * height * channels);
      assert.ok(resized.data.every((value) => value === 173));
      const random = createRandom(w * 100 + h, ['resize test']);
      const image = line(...Array.from({ length: w }, () => random.integer(256)));
      const there = [...resizeImage(image, width, 1).data].reverse();
      const back = [...resizeImage(line(...[...image.data].reverse()), width, 1).data];
      there.forEach((value, i) => {
        assert.ok(Math.abs(value - back[i]) <= 1);
      });
    }),
  );
});

test('rows and columns are treated alike, channels separately', () => {
  const random = createRandom(3, ['resize test']);
  const image: Image = {
    width: 5,
    height: 7,
    channels: 3,
    data: Uint8Array.from({ length: 105 }, () => random.integer(256)),
  };
  const transposed = ({ width, height, channels, data }: Image): Image => ({
    ...{ width: height, height: width, channels },
    data: Uint8Array.from(data, (_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      return data[((pixel % height) * width + Math.floor(pixel / height)) * channels + channel];
    }),
  });
  const a = resizeImage(image, 9, 4);
  const b = transposed(resizeImage(transposed(image), 4, 9));
  a.data.forEach((value, i) => {
    assert.ok(Math.abs(value - b.data[i]) <= 1);
  });
  const red: Image = { ...image, data: image.data.map((value, i) => (i % 3 === 0 ? value : 0)) };
  const alone = resizeImage(red, 9, 4).data;
  a.data.forEach((value, i) => {
    assert.equal(alone[i], i % 3 === 0 ? value : 0);
  });
});

test('resizing to the same size changes nothing; impossible sizes are refused', () => {
  const image = line(1, 2, 3);
  assert.equal(resizeImage(image, 3, 1), image);
  assert.throws(() => resizeImage(image, 0, 5), /resizeImage: expected whole sides of at least 1, got 0x5/);
  assert.throws(() => resizeImage(image, 2.5, 5), /got 2.5x5/);
});
