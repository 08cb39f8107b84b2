import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eightBitOfLinear, linearOf8Bit } from './linear-light.ts';

test('every 8-bit value comes back from linear light', () => {
  for (let value = 0; value < 256; value++) assert.equal(eightBitOfLinear(linearOf8Bit[value]), value);
});

test('linear light is that of sRGB', () => {
  // IEC 61966-2-1 by hand: 10/255/12.92 on the straight part, ((188/255 + 0.055)/1.055)^2.4 on the curve.
  assert.ok(Math.abs(linearOf8Bit[10] - 0.0030353) < 1e-6);
  assert.ok(Math.abs(linearOf8Bit[188] - 0.5028865) < 1e-6);
  assert.equal(eightBitOfLinear(0.5), 188);
  assert.equal(eightBitOfLinear(1), 255);
});
