import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { compareImages } from './compare.ts';
import { psnrRgb } from './psnr.ts';

function noisy(width: number, height: number, seed: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(seed, ['compare test']);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => random.integer(256)),
  };
}

test('identical pictures: no error anywhere', () => {
  const image = noisy(16, 14, 1);
  const scores = compareImages(image, image);
  const { psnrRgb, psnrLuma, psnrLumaRounded, labMae } = scores;
  assert.deepEqual([psnrRgb, psnrLuma, psnrLumaRounded, labMae], [Infinity, Infinity, Infinity, 0]);
  for (const value of [scores.ssimRgb, scores.ssimLuma, scores.ssimLumaRounded]) assert.ok(Math.abs(value - 1) < 1e-12);
  assert.equal('mask' in scores, false);
});

test('with a mask, an error inside it leaves the outside perfect', () => {
  const reference = noisy(20, 20, 2);
  const data = reference.data.slice();
  for (let row = 0; row < 10; row++) data.fill(0, row * 60, row * 60 + 30);
  const image = { ...reference, data };
  const mask: Image = {
    ...{ width: 20, height: 20, channels: 1 as const },
    data: Uint8Array.from({ length: 400 }, (_, i) => (i < 200 && i % 20 < 10 ? 255 : 0)),
  };
  const { mask: scores, labMae, psnrRgb: whole } = compareImages(image, reference, mask);
  assert.ok(scores);
  assert.equal(scores.fraction, 0.25);
  assert.equal(scores.labMaeOutside, 0);
  assert.equal(scores.psnrRgbOutside, Infinity);
  assert.ok(Math.abs(scores.ssimRgbOutside - 1) < 1e-12);
  assert.ok(scores.ssimRgbInside < 1);
  assert.ok(Math.abs(scores.labMaeInside * 0.25 - labMae) < 1e-9);
  // All error lies inside, and both averages go over the whole picture.
  assert.ok(Math.abs(scores.psnrRgbInside - whole) < 1e-12);
});

test('the inside of an empty mask has no scores, not perfect ones', () => {
  const empty: Image = { width: 12, height: 12, channels: 1, data: new Uint8Array(144) };
  const { mask } = compareImages(noisy(12, 12, 5), noisy(12, 12, 6), empty);
  assert.ok(mask);
  for (const value of [mask.labMaeInside, mask.psnrRgbInside, mask.ssimRgbInside]) assert.ok(Number.isNaN(value));
  for (const value of [mask.labMaeOutside, mask.psnrRgbOutside, mask.ssimRgbOutside]) assert.ok(Number.isFinite(value));
});

test('grey pictures work, and agree with their colour form', () => {
  const [a, b] = [noisy(12, 12, 3, 1), noisy(12, 12, 4, 1)];
  const inColour = (grey: Image): Image => ({
    ...grey,
    channels: 3,
    data: Uint8Array.from({ length: grey.data.length * 3 }, (_, i) => grey.data[Math.floor(i / 3)]),
  });
  const grey = compareImages(a, b);
  const colour = compareImages(inColour(a), inColour(b));
  for (const [name, value] of Object.entries(grey)) {
    assert.ok(Math.abs(value - colour[name as keyof typeof grey & 'psnrRgb']) < 1e-9, name);
  }
  assert.equal(grey.psnrRgb, psnrRgb(a, b));
});

test('different sizes are refused with a sentence', () => {
  assert.throws(() => compareImages(noisy(16, 16, 1), noisy(16, 17, 1)), {
    message: 'compareImages: expected two images of one size, got 16x16 and 16x17; crop or resize one of them',
  });
  assert.throws(() => compareImages(noisy(16, 16, 1), noisy(16, 16, 2), noisy(8, 8, 3)), /image and mask of one size/);
  assert.throws(() => compareImages(noisy(8, 8, 1), noisy(8, 8, 2)), /at least 11x11/);
});
