import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import { blurred } from './box-blur.ts';

test('a point becomes a tent, in its own channel', () => {
  const data = new Float32Array(7 * 7 * 2);
  data[(3 * 7 + 3) * 2 + 1] = 81;
  const result = blurred(data, 7, 7, 2, 1);
  const tent = [0, 1, 2, 3, 2, 1, 0];
  for (let y = 0; y < 7; y++) {
    for (let x = 0; x < 7; x++) {
      assert.ok(Math.abs(result[(y * 7 + x) * 2 + 1] - tent[y] * tent[x]) < 1e-4);
      assert.equal(result[(y * 7 + x) * 2], 0);
    }
  }
});

test('a fractional radius lies between whole ones, and 0 changes nothing', () => {
  const random = createRandom(1, []);
  const data = Float32Array.from({ length: 12 * 9 }, () => random.uniform());
  assert.deepEqual(blurred(data, 12, 9, 1, 0), data);
  const spread = (radius: number) => {
    const point = new Float32Array(21 * 21);
    point[10 * 21 + 10] = 1;
    return blurred(point, 21, 21, 1, radius).reduce((sum, value, i) => sum + value * ((i % 21) - 10) ** 2, 0);
  };
  for (const radius of [0.5, 1, 1.5, 2, 2.7]) {
    assert.ok(spread(radius) > spread(radius - 0.4));
    // A box of ones with a fraction at both ends; the variances of two boxes add.
    const [whole, part] = [Math.floor(radius), radius % 1];
    let squares = part * (whole + 1) ** 2;
    for (let distance = 1; distance <= whole; distance++) squares += distance ** 2;
    const wanted = (4 * squares) / (2 * radius + 1);
    assert.ok(Math.abs(spread(radius) - wanted) < 1e-4, `${radius}: ${spread(radius)} for ${wanted}`);
  }
});

test('an even plane stays even up to its border, also under a wider blur', () => {
  for (const radius of [0.3, 2, 40]) {
    for (const value of blurred(new Float32Array(30).fill(0.7), 6, 5, 1, radius)) {
      assert.ok(Math.abs(value - 0.7) < 1e-5);
    }
  }
});
