import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from './image.ts';
import { symmetries, turned, turnedFrom, turnedSize } from './symmetry.ts';

/** Places: the first channel is the column, the second the row, the third constant. */
function places(width: number, height: number): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [pixel % width, Math.floor(pixel / width), 7][i % 3];
  });
  return { width, height, channels: 3, data };
}

test('the eight orientations of a picture are all different, and the first is the picture itself', () => {
  const image = places(3, 2);
  const seen = symmetries.map((symmetry) => turned(image, symmetry));
  assert.equal(seen[0], image);
  assert.equal(new Set(seen.map(({ width, data }) => `${width}: ${data.join()}`)).size, 8);
  assert.deepEqual(
    seen.map(({ width, height }) => `${width}x${height}`),
    ['3x2', '3x2', '3x2', '3x2', '2x3', '2x3', '2x3', '2x3'],
  );
});

test('the orientations by hand: mirrored, upside down, transposed', () => {
  const image: Image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const by = (mirrorX: boolean, mirrorY: boolean, transpose: boolean) => [
    ...turned(image, { mirrorX, mirrorY, transpose }).data,
  ];
  assert.deepEqual(by(true, false, false), [3, 2, 1, 6, 5, 4]);
  assert.deepEqual(by(false, true, false), [4, 5, 6, 1, 2, 3]);
  assert.deepEqual(by(false, false, true), [1, 4, 2, 5, 3, 6]);
  // A quarter turn to the right: the left column becomes the upper row, from bottom to top.
  assert.deepEqual(by(true, false, true), [4, 1, 5, 2, 6, 3]);
});

test('every pixel is shown once, and the list of pixels says which', () => {
  const image = places(5, 3);
  for (const symmetry of symmetries) {
    const from = turnedFrom(image, symmetry);
    const { data } = turned(image, symmetry);
    assert.deepEqual(
      [...from].sort((a, b) => a - b),
      [...from.keys()],
    );
    from.forEach((pixel, at) => {
      assert.deepEqual([...data.subarray(3 * at, 3 * at + 3)], [pixel % 5, Math.floor(pixel / 5), 7]);
    });
    assert.deepEqual(turnedSize(turnedSize(image, symmetry), symmetry), { width: 5, height: 3 });
  }
});
