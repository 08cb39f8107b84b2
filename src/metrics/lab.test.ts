import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labMae, labOfRgb } from './lab.ts';

const colour = (...data: number[]) => ({
  width: data.length / 3,
  height: 1,
  channels: 3 as const,
  data: Uint8Array.from(data),
});
const close = (actual: readonly number[], target: readonly number[], tolerance: number) =>
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - target[i]) < tolerance, `${actual} ≠ ${target}`);
  });

test('known colours, to the two digits of published tables', () => {
  close(labOfRgb(255, 0, 0), [53.24, 80.09, 67.2], 0.01);
  close(labOfRgb(0, 255, 0), [87.74, -86.18, 83.18], 0.01);
  close(labOfRgb(0, 0, 255), [32.3, 79.19, -107.86], 0.01);
  close(labOfRgb(255, 255, 255), [100, 0, 0], 0.01);
  close(labOfRgb(0, 0, 0), [0, 0, 0], 1e-9);
  close(labOfRgb(2, 2, 2), [0.5484, 0, 0], 0.001);
});

test('the error is the sum of the three absolute differences, averaged over pixels', () => {
  const { all } = labMae(colour(255, 0, 0, 9, 9, 9), colour(0, 0, 0, 9, 9, 9));
  assert.ok(Math.abs(all - (53.24 + 80.09 + 67.2) / 2) < 0.01);
});

test('a mask separates the two sides; a side without pixels is NaN', () => {
  const image = colour(255, 255, 255, 0, 0, 0, 0, 0, 0);
  const black = colour(0, 0, 0, 0, 0, 0, 0, 0, 0);
  const mask = (...data: number[]) => ({ width: 3, height: 1, channels: 1 as const, data: Uint8Array.from(data) });
  const split = labMae(image, black, mask(255, 255, 0));
  close([split.all, split.inside, split.outside], [100 / 3, 50, 0], 0.01);
  assert.ok(Number.isNaN(labMae(image, black, mask(0, 0, 0)).inside));
  assert.ok(Number.isNaN(labMae(image, black, mask(255, 255, 255)).outside));
});

test('grey counts as R = G = B', () => {
  const grey = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(90) };
  assert.equal(labMae(grey, colour(90, 90, 90)).all, 0);
});

test('different sizes are refused with a sentence', () => {
  const mask = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 0) };
  assert.throws(
    () => labMae(colour(1, 2, 3), colour(1, 2, 3, 4, 5, 6)),
    /expected two images of one size, got 1x1 and 2x1/,
  );
  assert.throws(
    () => labMae(colour(1, 2, 3), colour(1, 2, 3), mask),
    /expected image and mask of one size, got 1x1 and 2x1/,
  );
});
