import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { clipped, combine } from './combine.ts';

test('sums in float64 and rounds once', () => {
  const sum = combine('here', [
    [1e8, tensor([2], [1, 2])],
    [1, tensor([2], [1, 1])],
    [-1e8, tensor([2], [1, 2])],
  ]);
  assert.deepEqual([...sum.data], [1, 1]);
});

test('a missing tensor is zero, and a coefficient of 0 hides the values of its tensor', () => {
  const result = combine('here', [
    [2, tensor([1], [3])],
    [5, undefined],
    [0, tensor([1], [Number.NaN])],
  ]);
  assert.deepEqual([...result.data], [6]);
});

test('the result is a new tensor', () => {
  const source = tensor([1], [3]);
  const result = combine('here', [[1, source]]);
  source.data[0] = 7;
  assert.equal(result.data[0], 3);
});

test('different shapes are refused', () => {
  const terms = [
    [1, tensor([2], [1, 2])],
    [1, tensor([1, 2], [1, 2])],
  ] as const;
  assert.throws(() => combine('here', terms), /here: expected tensors of one shape, got 2 and 1x2/);
});

test('clipping limits to [-1, 1], keeps NaN, and can be turned off', () => {
  const wild = tensor([4], [-3, 0.5, 2, Number.NaN]);
  assert.deepEqual([...clipped(wild, 'reference').data], [-1, 0.5, 1, Number.NaN]);
  assert.equal(clipped(wild, 'none'), wild);
});
