import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { counted, emptyHistogram, rangeOf } from './histogram.ts';

const spread = (...parts: (readonly number[])[]) =>
  parts.reduce((histogram, part) => counted(histogram, Float32Array.from(part)), emptyHistogram);

test('the range holds all values, to the width of a bin, however they were split into calls', () => {
  const values = fc.array(fc.float({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.nat({ max: 40 }), (all, cut) => {
      const histogram = spread(all.slice(0, cut), all.slice(cut));
      const [low, high] = rangeOf(histogram, 0);
      const [least, most] = [Math.min(...all), Math.max(...all)];
      const bin = histogram.limit / 2048;
      assert.ok(low <= least && least - low <= bin, `${low} for ${least}`);
      assert.ok(high >= most && high - most <= bin, `${high} for ${most}`);
      assert.deepEqual(histogram, spread(all));
    }),
  );
});

test('a given share of the values may lie outside at each end', () => {
  const values = Array.from({ length: 1000 }, (_, i) => i / 1000);
  const [low, high] = rangeOf(spread([-900, ...values, 800]), 0.001);
  assert.ok(low >= 0 && low < 1 && high > 0.9 && high < 2, `${low} … ${high}`);
  const [least, most] = rangeOf(spread([-900, ...values, 800]), 0);
  assert.ok(least < -899 && most > 799);
});

test('the range of zeros, or of nothing, is empty', () => {
  const [low, high] = rangeOf(spread([0, 0]), 0);
  assert.deepEqual([Math.abs(low), Math.abs(high)], [0, 0]);
  assert.deepEqual(rangeOf(emptyHistogram, 0), [0, 0]);
});
