import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankPlane } from './plane.ts';
import { fillPolygon, type Point } from './polygon.ts';

const total = ({ data }: { data: Float32Array }): number => data.reduce((sum, value) => sum + value, 0);

test('a rectangle covers each pixel exactly as geometry says', () => {
  const plane = blankPlane(6, 5);
  // From 0.75 to 3 across and 1 to 2.5 down, where pixel 1 reaches from 0.5 to 1.5.
  fillPolygon(plane, [
    [0.75, 1],
    [3, 1],
    [3, 2.5],
    [0.75, 2.5],
  ]);
  assert.deepEqual([...plane.data.subarray(6, 12)], [0, 0.375, 0.5, 0.25, 0, 0]);
  assert.deepEqual([...plane.data.subarray(12, 18)], [0, 0.75, 1, 0.5, 0, 0]);
  assert.equal(total(plane), 2.25 * 1.5);
});

test('a triangle covers its exact area, wherever it lies', () => {
  const inside = fc.double({ min: 2, max: 29, noNaN: true });
  const corner = fc.tuple(inside, inside);
  fc.assert(
    fc.property(corner, corner, corner, (a: Point, b: Point, c: Point) => {
      const plane = blankPlane(32, 32);
      fillPolygon(plane, [a, b, c]);
      const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2;
      assert.ok(Math.abs(total(plane) - area) < 0.02 * area + 2, `${total(plane)} for ${area}`);
    }),
  );
});

test('parts outside are cut off, and covered pixels stay covered', () => {
  const plane = blankPlane(8, 8);
  const everything: Point[] = [
    [-50, -50],
    [50, -50],
    [50, 50],
    [-50, 50],
  ];
  fillPolygon(plane, everything);
  assert.ok(plane.data.every((value) => value === 1));
  fillPolygon(plane, [
    [2, 2],
    [3, 2],
    [3, 3],
  ]);
  assert.ok(plane.data.every((value) => value === 1));
  const other = blankPlane(8, 8);
  fillPolygon(
    other,
    everything.map(([x, y]): Point => [x + 200, y]),
  );
  assert.equal(total(other), 0);
});
