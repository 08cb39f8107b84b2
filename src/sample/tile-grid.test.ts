/** Tiles along a side: each pixel is kept once, of a tile that has all it depends on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { marginsOf, smallestSide, tileSpans } from './tile-grid.ts';

/** Intervals of a network whose period is 2 or 4, around each place, and a size of pictures and tiles. */
const layouts = fc
  .record({
    period: fc.constantFrom(1, 2, 4),
    grid: fc.constantFrom(4, 8),
    reaches: fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { minLength: 4, maxLength: 4 }),
    pieces: fc.integer({ min: 1, max: 30 }),
    more: fc.nat(5),
  })
  .map(({ period, grid, reaches, pieces, more }) => {
    const intervals = reaches.slice(0, period).map(([low, high], r) => [r - low, r + high] as const);
    const margins = marginsOf({ period, intervals });
    return { period, grid, intervals, margins, length: pieces * grid, side: smallestSide(grid, margins) + more * grid };
  });

test('each pixel is kept once, and sees nothing beyond its tile that is inside the picture', () => {
  fc.assert(
    fc.property(layouts, ({ period, grid, intervals, margins, length, side }) => {
      const spans = tileSpans(length, side, grid, margins);
      let next = 0;
      for (const { start, from, to } of spans) {
        assert.equal(from, next);
        assert.ok(to > from && start % grid === 0 && start >= 0);
        const end = start + Math.min(side, length);
        assert.ok(end <= length && from >= start && to <= end);
        for (let pixel = from; pixel < to; pixel++) {
          const moved = Math.floor(pixel / period) * period;
          const [first, last] = intervals[pixel % period].map((at) => at + moved);
          assert.ok(start === 0 || first >= start, `${pixel} sees ${first} before ${start}`);
          assert.ok(end === length || last < end, `${pixel} sees ${last} after ${end}`);
        }
        next = to;
      }
      assert.equal(next, length);
    }),
  );
});

test('the halo is not a pixel wider than it must be', () => {
  fc.assert(
    fc.property(layouts, ({ period, intervals, margins }) => {
      // Of a tile that starts at 0, and of one that ends there.
      const sees = (pixel: number, end: 0 | 1): number =>
        intervals[((pixel % period) + period) % period][end] + Math.floor(pixel / period) * period;
      assert.ok(margins.before === 0 || sees(margins.before - 1, 0) < 0);
      assert.ok(margins.after === 0 || sees(-margins.after, 1) >= 0);
    }),
  );
  assert.deepEqual(marginsOf({ period: 1, intervals: [[0, 0]] }), { before: 0, after: 0 });
  assert.deepEqual(marginsOf({ period: 1, intervals: [[-3, 1]] }), { before: 3, after: 1 });
  // Both pixels of a square see the same: the second one, and the first, need one pixel less than they reach.
  const squares = [[-2, 3] as const, [-2, 3] as const];
  assert.deepEqual(marginsOf({ period: 2, intervals: squares }), { before: 2, after: 2 });
});

test('the smallest tile keeps something, and one that is smaller does not', () => {
  const margins = { before: 10, after: 9 };
  assert.equal(smallestSide(4, margins), 24);
  assert.deepEqual(tileSpans(28, 24, 4, margins), [
    { start: 0, from: 0, to: 14 },
    { start: 4, from: 14, to: 28 },
  ]);
  assert.deepEqual(tileSpans(24, 24, 4, margins), [{ start: 0, from: 0, to: 24 }]);
});
