import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tensor } from '../math/tensor.ts';
import { integerRange, nearestRepresented, quantizationOfKernels, quantizationOfRange } from './eight-bit.ts';

test('a range becomes 255 steps, with 0 on one of their ends', () => {
  assert.deepEqual(quantizationOfRange([0, 255]), { type: 'uint8', scales: [1], zero: 0 });
  assert.deepEqual(quantizationOfRange([-255, -17]), { type: 'uint8', scales: [1], zero: 255 });
  assert.deepEqual(quantizationOfRange([-0.5, 127]), { type: 'uint8', scales: [0.5], zero: 1 });
  assert.deepEqual(quantizationOfRange([0, 0]), { type: 'uint8', scales: [1], zero: 0 });
});

test('a value in the range is at most half a step off, one outside it is clipped, and 0 stays 0', () => {
  const values = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(values, values, values, (a, b, value) => {
      const [low, high] = [Math.min(a, b, 0), Math.max(a, b, 0)];
      fc.pre(high - low > 1e-6);
      const attributes = quantizationOfRange([low, high]);
      const [scale] = attributes.scales;
      const within = Math.min(high, Math.max(low, value));
      const error = Math.abs(nearestRepresented(value, attributes, scale) - within);
      // At the ends another half, since the zero is rounded too.
      const isEnd = Math.min(within - low, high - within) < scale / 2;
      assert.ok(error <= scale * (isEnd ? 1 : 0.5) * (1 + 1e-5), `${value} in ${low} … ${high} is ${error} off`);
      assert.equal(Math.abs(nearestRepresented(0, attributes, scale)), 0);
    }),
  );
});

test('halves round to the even integer', () => {
  const attributes = quantizationOfRange([-100, 155]);
  const halves = [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5].map((value) => nearestRepresented(value, attributes, 1));
  assert.deepEqual(
    halves.map((value) => value + 0),
    [-2, 0, 0, 2, 2, 4],
  );
});

test('each kernel has the scale of its largest weight, and two of its products fit in 16 bits', () => {
  const kernels = tensor([3, 1, 1, 2], [0.5, -63, 0, 0, 126, 2]);
  const attributes = quantizationOfKernels(kernels);
  assert.deepEqual(attributes, { type: 'int8', scales: [1, 1, 2], zero: 0 });
  const largest = Math.max(...[-63, 63].map((value) => Math.abs(nearestRepresented(value, attributes, 1))));
  assert.ok(2 * largest * integerRange.uint8[1] < 2 ** 15);
});
