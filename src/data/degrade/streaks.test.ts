import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blankPlane, type Plane } from './plane.ts';
import { drawStreak } from './streaks.ts';

const blank = (side: number): Plane => blankPlane(side, side);
const total = ({ data }: Plane): number => data.reduce((sum, value) => sum + value, 0);

test('a streak has the same weight at any sub-pixel position and any angle', () => {
  const settings = { length: 30, sigma: 0.6, opacity: 0.5 };
  const reference = blank(64);
  drawStreak(reference, { ...settings, x: 32, y: 32, angle: 0 });
  fc.assert(
    fc.property(
      fc.double({ min: 30, max: 34, noNaN: true }),
      fc.double({ min: 30, max: 34, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (x, y, angle) => {
        const plane = blank(64);
        drawStreak(plane, { ...settings, x, y, angle });
        assert.ok(Math.abs(total(plane) / total(reference) - 1) < 0.03, `${total(plane)} of ${total(reference)}`);
      },
    ),
  );
});

test('the weight of a streak is its integral', () => {
  const plane = blank(64);
  drawStreak(plane, { x: 31.3, y: 32.2, length: 30, sigma: 1.5, angle: 0.3, opacity: 0.5 });
  // Along: 15 ∫(1 − u⁴)² du over −1 … 1. Across: √(2π) σ, less the Gaussian's cut-off tail.
  const foot = Math.exp(-(2.6 ** 2) / 2);
  const across = (1.5 * (Math.sqrt(2 * Math.PI) * 0.99068 - 5.2 * foot)) / (1 - foot);
  const expectedTotal = 0.5 * 15 * 2 * (1 - 2 / 5 + 1 / 9) * across;
  assert.ok(Math.abs(total(plane) / expectedTotal - 1) < 0.01, `${total(plane)} of ${expectedTotal}`);
});

test('a positive angle falls to the right', () => {
  const plane = blank(64);
  drawStreak(plane, { x: 32, y: 32, length: 40, sigma: 1, angle: 0.5, opacity: 0.5 });
  const at = (x: number, y: number) => plane.data[y * 64 + x];
  assert.ok(at(32 + 5, 32 + 9) > 0.2 && at(32 - 5, 32 - 9) > 0.2);
  assert.equal(at(32 - 5, 32 + 9), 0);
});

test('crossings stay below one, and parts outside are cut off', () => {
  const plane = blank(16);
  for (let i = 0; i < 100; i++) drawStreak(plane, { x: 8, y: 8, length: 400, sigma: 3, angle: 0.7, opacity: 0.9 });
  drawStreak(plane, { x: -500, y: 3, length: 10, sigma: 1, angle: 0, opacity: 1 });
  for (const value of plane.data) assert.ok(value >= 0 && value <= 1);
});

test('a streak thinner than a pixel is fainter, not thinner', () => {
  const [thin, thinner] = [blank(32), blank(32)];
  drawStreak(thin, { x: 16.4, y: 16, length: 20, sigma: 0.4, angle: 0.1, opacity: 0.5 });
  drawStreak(thinner, { x: 16.4, y: 16, length: 20, sigma: 0.1, angle: 0.1, opacity: 0.5 });
  assert.ok(Math.abs(total(thinner) / total(thin) - 0.25) < 0.001);
});
