import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepKnown, withHole } from './hole.ts';
import type { Image } from './image.ts';

const image = (channels: 1 | 3, ...data: number[]): Image => ({
  width: data.length / channels,
  height: 1,
  channels,
  data: Uint8Array.from(data),
});

test('a pixel is a hole in all channels or in none, with a grey or a colour mask', () => {
  const photo = image(3, 1, 2, 3, 4, 5, 6);
  for (const mask of [image(1, 127, 128), image(3, 0, 255, 255, 200, 0, 0)]) {
    assert.deepEqual([...withHole(photo, mask).data], [1, 2, 3, 128, 128, 128]);
    assert.deepEqual([...keepKnown(image(3, 9, 9, 9, 8, 7, 6), photo, mask).data], [1, 2, 3, 8, 7, 6]);
  }
  assert.deepEqual([...photo.data], [1, 2, 3, 4, 5, 6]);
});

test('other sizes and channels are refused', () => {
  assert.throws(() => withHole(image(1, 1, 2), image(1, 1)), /withHole: expected a mask of 2x1, .*, got 1x1/);
  assert.throws(() => keepKnown(image(1, 1, 2, 3), image(3, 1, 2, 3), image(1, 1)), /two pictures of 3x1x1, got 1x1x3/);
  assert.throws(() => keepKnown(image(1, 1, 2), image(1, 1, 2), image(1, 1)), /keepKnown: expected a mask of 2x1/);
});
