import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mirrored } from './mirror.ts';

test('an axis goes on as its mirror image beyond both ends, its border pixel once', () => {
  const positions = Array.from({ length: 13 }, (_, i) => mirrored(i - 5, 3));
  assert.deepEqual(positions, [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]);
});

test('an axis of one pixel is that pixel everywhere', () => {
  for (const index of [-3, 0, 2]) assert.equal(mirrored(index, 1), 0);
});
