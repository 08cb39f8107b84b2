import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from './image.ts';
import { imageGrid, sideBySide } from './image-grid.ts';

const grey = (width: number, height: number, value: number): Image => ({
  ...{ width, height, channels: 1 },
  data: new Uint8Array(width * height).fill(value),
});

test('rows of unequal pictures: columns and rows fit their largest picture, white elsewhere', () => {
  const grid = imageGrid([[grey(1, 2, 10), grey(2, 1, 20)], [grey(2, 1, 30)]], 1);
  assert.deepEqual([grid.width, grid.height, grid.channels], [5, 4, 1]);
  assert.deepEqual(
    Array.from({ length: 4 }, (_, y) => [...grid.data.subarray(y * 5, y * 5 + 5)]),
    [
      [10, 255, 255, 20, 20],
      [10, 255, 255, 255, 255],
      [255, 255, 255, 255, 255],
      [30, 30, 255, 255, 255],
    ],
  );
});

test('one colour picture puts the whole grid in colour', () => {
  const red: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(200, 0, 0) };
  const both = sideBySide([grey(1, 1, 7), red], 0);
  assert.deepEqual([both.width, both.height, both.channels], [2, 1, 3]);
  assert.deepEqual([...both.data], [7, 7, 7, 200, 0, 0]);
});

test('no picture, or half a pixel of gap, is refused', () => {
  assert.throws(() => imageGrid([[], []]), /imageGrid: expected at least one image/);
  assert.throws(() => sideBySide([grey(1, 1, 1)], 0.5), /expected a gap of 0, 1, 2/);
});
