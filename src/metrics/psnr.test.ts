import assert from 'node:assert/strict';
import { test } from 'node:test';
import { psnrLuma, psnrRgb } from './psnr.ts';

const grey = (...data: number[]) => ({
  width: data.length,
  height: 1,
  channels: 1 as const,
  data: Uint8Array.from(data),
});
const colour = (...data: number[]) => ({
  width: data.length / 3,
  height: 1,
  channels: 3 as const,
  data: Uint8Array.from(data),
});
const near = (actual: number, target: number) => assert.ok(Math.abs(actual - target) < 1e-9, `${actual} ≠ ${target}`);

test('psnrRgb averages the squared error over all channels', () => {
  // One of six values is off by 30: MSE 150.
  near(psnrRgb(colour(10, 20, 30, 40, 50, 60), colour(10, 20, 60, 40, 50, 60)), 10 * Math.log10(65025 / 150));
  near(psnrRgb(grey(0), grey(255)), 0);
});

test('identical pictures score Infinity', () => {
  assert.equal(psnrRgb(grey(1, 2), grey(1, 2)), Number.POSITIVE_INFINITY);
  assert.equal(psnrLuma(colour(1, 2, 3), colour(1, 2, 3)), Number.POSITIVE_INFINITY);
});

test('a grey picture against a colour one counts as R = G = B, whichever comes first', () => {
  near(psnrRgb(grey(10), colour(10, 10, 40)), 10 * Math.log10(65025 / 300));
  near(psnrRgb(colour(10, 10, 40), grey(10)), 10 * Math.log10(65025 / 300));
});

test('psnrLuma measures luma, rounded on request', () => {
  near(psnrLuma(colour(0, 0, 0), colour(0, 0, 255)), 10 * Math.log10(65025 / 24.966 ** 2));
  near(psnrLuma(colour(0, 0, 0), colour(0, 0, 255), 'rounded'), 10 * Math.log10(65025 / 25 ** 2));
});

test('pictures of different sizes, or without pixels, are refused with a sentence', () => {
  assert.throws(
    () => psnrRgb(grey(1, 2), grey(1, 2, 3)),
    /^RddmError: psnr: expected two images of one size, got 2x1 and 3x1; /,
  );
  assert.throws(() => psnrLuma(grey(1, 2), grey(1)), /expected two images of one size/);
  assert.throws(() => psnrRgb(grey(), grey()), /expected two images with pixels in them, got 0x1/);
});
