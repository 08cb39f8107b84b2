import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linearOfSrgb, srgbOfLinear } from './srgb.ts';

test('known values of the standard, on both branches', () => {
  assert.deepEqual([linearOfSrgb[0], linearOfSrgb[255]], [0, 1]);
  assert.ok(Math.abs(linearOfSrgb[10] - 0.00303527) < 1e-8);
  assert.ok(Math.abs(linearOfSrgb[188] - 0.50288646) < 1e-8);
});

test('decoding and encoding again returns every value', () => {
  linearOfSrgb.forEach((linear, value) => {
    assert.ok(Math.abs(255 * srgbOfLinear(linear) - value) < 1e-4, String(value));
  });
});
