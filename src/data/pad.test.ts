import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalTensor } from '../math/random.ts';
import { filled, tensor } from '../math/tensor.ts';
import { padReflect, removePadding } from './pad.ts';

test('both sides continue as mirror images, the odd pixel at right and bottom', () => {
  const { padded, placed } = padReflect(tensor([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), 4);
  assert.deepEqual(placed, { top: 1, left: 0, height: 2, width: 3 });
  assert.deepEqual(padded.shape, [1, 1, 4, 4]);
  assert.deepEqual([...padded.data], [4, 5, 6, 5, 1, 2, 3, 2, 4, 5, 6, 5, 1, 2, 3, 2]);
});

test('a size that fits is not copied', () => {
  const images = filled([2, 3, 8, 16], 0.5);
  const { padded, placed } = padReflect(images, 8);
  assert.equal(padded, images);
  assert.equal(removePadding(padded, placed), images);
});

test('every side gets its margin, even if the size fits', () => {
  const { padded, placed } = padReflect(tensor([1, 1, 1, 4], [1, 2, 3, 4]), 4, 2);
  assert.deepEqual([padded.shape, placed.top, placed.left], [[1, 1, 8, 8], 3, 2]);
  assert.deepEqual([...padded.data.subarray(0, 8)], [3, 2, 1, 2, 3, 4, 3, 2]);
});

test('a single pixel is repeated everywhere', () => {
  const { padded } = padReflect(tensor([1, 2, 1, 1], [7, 9]), 4);
  assert.deepEqual([...padded.data], [...new Array(16).fill(7), ...new Array(16).fill(9)]);
});

test('at any size cropping restores the images, and padding adds no new value and no edge', () => {
  const side = fc.integer({ min: 1, max: 19 });
  const margins = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(side, side, fc.constantFrom(1, 2, 8, 16, 32), margins, (height, width, multiple, margin) => {
      const images = normalTensor([2, 3, height, width], 1, ['image']);
      const { padded, placed } = padReflect(images, multiple, margin);
      const [, , tall, wide] = padded.shape;
      assert.equal((tall % multiple) + (wide % multiple), 0);
      const more = 2 * margin + multiple;
      assert.ok(tall - height < more && wide - width < more);
      assert.ok(placed.top >= margin && placed.left >= margin);
      assert.ok(tall - height - placed.top >= margin && wide - width - placed.left >= margin);
      assert.deepEqual(removePadding(padded, placed), images);
      const steps = (data: Float32Array, line: number) =>
        data.reduce((most, x, i) => (i % line ? Math.max(most, Math.abs(x - data[i - 1])) : most), 0);
      // Neighbours in the padding are neighbours in the picture, so no step is larger than the picture's largest.
      assert.ok(steps(padded.data, wide) <= steps(images.data, width));
    }),
  );
});

test('a tensor that is not a batch of images, a bad multiple, and a crop outside the images are refused', () => {
  assert.throws(() => padReflect(filled([3, 4, 4], 0), 8), /padReflect: expected images \[N, C, H, W\], got 3x4x4/);
  assert.throws(() => padReflect(filled([1, 1, 4, 4], 0), 0), /expected a multiple from 1, got 0/);
  assert.throws(() => padReflect(filled([1, 1, 4, 4], 0), 1.5), /expected a multiple from 1/);
  assert.throws(() => padReflect(filled([1, 1, 4, 4], 0), 8, -1), /expected a margin of 0, 1, 2/);
  const outside = { top: 1, left: 0, height: 4, width: 4 };
  assert.throws(() => removePadding(filled([1, 1, 4, 4], 0), outside), /hold 4x4 pixels at 1, 0, got 1x1x4x4/);
});
