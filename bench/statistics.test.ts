import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarise } from './statistics.ts';

test('the median and the quartiles of timings in any order', () => {
  assert.deepEqual(summarise([5, 1, 4, 2, 3]), {
    median_s: 3,
    spread: { min_s: 1, lower_quartile_s: 2, upper_quartile_s: 4, max_s: 5 },
  });
});

test('quantiles interpolate between two timings; with one timing all five numbers are equal', () => {
  assert.equal(summarise([1, 2]).median_s, 1.5);
  assert.equal(summarise([0, 1, 2, 10]).spread.upper_quartile_s, 4);
  assert.deepEqual(new Set([summarise([7]).median_s, ...Object.values(summarise([7]).spread)]), new Set([7]));
});

test('refuses anything that is not a timing', () => {
  assert.throws(() => summarise([]), /expected at least one timing, got none/);
  assert.throws(() => summarise([1, Number.NaN]), /expected numbers of seconds, got NaN/);
  assert.throws(() => summarise([-1]), /expected numbers of seconds, got -1/);
});
