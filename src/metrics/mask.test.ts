import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedImage, maskFraction, maskMembership } from './mask.ts';

const colourMask = {
  width: 2,
  height: 2,
  channels: 3 as const,
  data: Uint8Array.of(128, 0, 0, 127, 255, 255, 255, 0, 0, 0, 0, 0),
};
const image = { width: 2, height: 2, channels: 3 as const, data: Uint8Array.from({ length: 12 }, (_, i) => i + 1) };

test('only the red channel counts, above 127', () => {
  assert.deepEqual([...maskMembership(colourMask)], [1, 0, 1, 0]);
  assert.equal(maskFraction(colourMask), 0.5);
});

test('a masked picture is black outside the region', () => {
  assert.deepEqual([...maskedImage(image, colourMask, 'inside').data], [1, 2, 3, 0, 0, 0, 7, 8, 9, 0, 0, 0]);
  assert.deepEqual([...maskedImage(image, colourMask, 'outside').data], [0, 0, 0, 4, 5, 6, 0, 0, 0, 10, 11, 12]);
});

test('a mask of another size is refused with a sentence', () => {
  const small = { width: 1, height: 2, channels: 1 as const, data: Uint8Array.of(0, 255) };
  assert.throws(() => maskedImage(image, small, 'inside'), /expected image and mask of one size, got 2x2 and 1x2/);
});
