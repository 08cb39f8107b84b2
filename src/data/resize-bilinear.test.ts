import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { resizeBilinear } from './resize-bilinear.ts';

test('enlarging: half-pixel centres, clamped edges', () => {
  const { data } = resizeBilinear(tensor([1, 1, 1, 2], [0, 8]), 1, 4);
  assert.deepEqual([...data], [0, 2, 6, 8]);
});

test('shrinking skips pixels: only the two pixels next to each centre count', () => {
  const { data } = resizeBilinear(tensor([1, 1, 1, 8], [9, 1, 3, 9, 9, 5, 7, 9]), 1, 2);
  assert.deepEqual([...data], [2, 6]);
});

test('both axes, each plane separately', () => {
  const { shape, data } = resizeBilinear(tensor([1, 2, 2, 1], [0, 4, 10, 30]), 4, 1);
  assert.deepEqual(shape, [1, 2, 4, 1]);
  assert.deepEqual([...data], [0, 1, 3, 4, 10, 15, 25, 30]);
  const same = tensor([1, 1, 2, 2], [1, 2, 3, 4]);
  assert.equal(resizeBilinear(same, 2, 2), same);
});
