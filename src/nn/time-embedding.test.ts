import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffusersTimeEmbedding, timeEmbedding } from './time-embedding.ts';

test('sines, then cosines, at frequencies from 1 to 1/10000', () => {
  const { shape, data } = timeEmbedding([0, 3, 999], 8);
  assert.deepEqual(shape, [3, 8]);
  [0, 3, 999].forEach((time, i) => {
    for (let k = 0; k < 4; k++) {
      const angle = time * 10000 ** (-k / 3);
      // float32 has 2⁻²⁴ of an angle of 999.
      assert.ok(Math.abs(data[i * 8 + k] - Math.sin(angle)) < 2e-4, `sine ${k} of ${time}`);
      assert.ok(Math.abs(data[i * 8 + 4 + k] - Math.cos(angle)) < 2e-4, `cosine ${k} of ${time}`);
    }
  });
});

test('rounded to float32 after every step, as in the reference: visible at 999', () => {
  const { data } = timeEmbedding([999], 8);
  const step = Math.fround(-Math.log(10000) / 3);
  const frequency = Math.fround(Math.exp(step));
  const angle = Math.fround(999 * frequency);
  assert.equal(data[1], Math.fround(Math.sin(angle)));
  assert.equal(data[5], Math.fround(Math.cos(angle)));
  assert.ok(Math.abs(data[1] - Math.sin(999 * 10000 ** (-1 / 3))) > 1e-6);
});

test('fractional times are distinguished', () => {
  const { data } = timeEmbedding([10, 10.25], 4);
  assert.ok(Math.abs(data[0] - data[4]) > 0.1);
});

test('an odd or too small dim is refused', () => {
  for (const dim of [0, 1, 2, 3, 5, 7.5, Number.NaN]) {
    assert.throws(() => timeEmbedding([1], dim), {
      name: 'RddmError',
      message: `timeEmbedding: expected an even dim of at least 4, got ${dim}`,
    });
  }
});

test('a time that is not a number is refused', () => {
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => timeEmbedding([1, time], 4), {
      name: 'RddmError',
      message: `timeEmbedding: expected finite times, got ${time}`,
    });
  }
});

test('in diffusers the order and the last frequency are settings', () => {
  const { shape, data } = diffusersTimeEmbedding([0, 50], 8, { frequencyShift: 0, timeOrder: 'cosine-first' });
  assert.deepEqual(shape, [2, 8]);
  assert.deepEqual([...data.slice(0, 8)], [1, 1, 1, 1, 0, 0, 0, 0]);
  for (let k = 0; k < 4; k++) {
    assert.ok(Math.abs(data[8 + k] - Math.cos(50 * 10000 ** (-k / 4))) < 1e-5, `cosine ${k}`);
    assert.ok(Math.abs(data[12 + k] - Math.sin(50 * 10000 ** (-k / 4))) < 1e-5, `sine ${k}`);
  }
  const usual = diffusersTimeEmbedding([3], 8, { frequencyShift: 1, timeOrder: 'sine-first' });
  assert.ok(usual.data.every((value, i) => Math.abs(value - timeEmbedding([3], 8).data[i]) < 1e-6));
  assert.throws(() => diffusersTimeEmbedding([1], 4, { frequencyShift: 2, timeOrder: 'sine-first' }), {
    message: 'diffusersTimeEmbedding: expected an even dim whose half is above the frequency shift 2, got 4',
  });
});
