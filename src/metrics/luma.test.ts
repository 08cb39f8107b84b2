import assert from 'node:assert/strict';
import { test } from 'node:test';
import { luma } from './luma.ts';

const pixel = (...data: number[]) => ({ width: 1, height: 1, channels: 3 as const, data: Uint8Array.from(data) });

test('black is 16, white 235, and the primaries have their weights', () => {
  assert.equal(luma(pixel(0, 0, 0)).data[0], 16);
  assert.ok(Math.abs(luma(pixel(255, 255, 255)).data[0] - 235) < 1e-12);
  assert.ok(Math.abs(luma(pixel(255, 0, 0)).data[0] - 81.481) < 1e-12);
  assert.ok(Math.abs(luma(pixel(0, 255, 0)).data[0] - 144.553) < 1e-12);
  assert.ok(Math.abs(luma(pixel(0, 0, 255)).data[0] - 40.966) < 1e-12);
});

test('rounded luma is a whole number, with ties to even', () => {
  assert.equal(luma(pixel(255, 0, 0), 'rounded').data[0], 81);
  assert.equal(luma(pixel(0, 255, 0), 'rounded').data[0], 145);
  // 16 + (128.553 * 204 + 24.966 * 68) / 255 is 125.5 exactly.
  assert.equal(luma(pixel(0, 204, 68)).data[0], 125.5);
  assert.equal(luma(pixel(0, 204, 68), 'rounded').data[0], 126);
});

test('a grey picture has the luma of R = G = B', () => {
  const grey = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(17, 200) };
  const colour = { width: 2, height: 1, channels: 3 as const, data: Uint8Array.of(17, 17, 17, 200, 200, 200) };
  assert.deepEqual(luma(grey), luma(colour));
});
