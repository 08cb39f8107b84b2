import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mirrored } from './mirror.ts';

test('an axis continues by reflection beyond both ends, without repeating the border pixel', () => {
  const positions = Array.from({ length: 13 }, (_, i) => mirrored(i - 5, 3));
  assert.deepEqual(positions, [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
});

test('an axis of one pixel repeats that pixel everywhere', () => {
  for (const index of [-3, 0, 2]) assert.equal(mirrored(index, 1), 0);
});
