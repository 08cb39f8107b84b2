import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplingTimes } from './times.ts';

test('known sequences of the reference', () => {
  assert.deepEqual(samplingTimes(1000, 1), [999, -1]);
  assert.deepEqual(samplingTimes(1000, 2), [999, 499, -1]);
  assert.deepEqual(samplingTimes(1000, 5), [999, 799, 599, 399, 199, -1]);
  assert.deepEqual(samplingTimes(1000, 7), [999, 856, 713, 570, 427, 284, 141, -1]);
  assert.deepEqual(samplingTimes(1000, 10), [999, 899, 799, 699, 599, 499, 399, 299, 199, 99, -1]);
  assert.deepEqual(samplingTimes(4, 4), [3, 2, 1, 0, -1]);
});

test('float32 rounding decides where a time is a whole number', () => {
  const exact = (timesteps: number, steps: number) =>
    Array.from({ length: steps + 1 }, (_, back) => Math.trunc(-1 + (timesteps * (steps - back)) / steps) + 0);
  const common = [30, 32, 40, 50, 64, 100, 125, 128, 200, 250, 256, 500, 512, 1000];
  for (const steps of [...Array.from({ length: 25 }, (_, i) => i + 1), ...common]) {
    assert.deepEqual(samplingTimes(1000, steps), exact(1000, steps), 'where all kernels of torch agree');
  }
  const different = [];
  for (let steps = 1; steps <= 1000; steps++) {
    const times = samplingTimes(1000, steps);
    const wanted = exact(1000, steps);
    for (let index = 0; index <= steps; index++) assert.ok(Math.abs(times[index] - wanted[index]) <= 1);
    if (times.some((time, index) => time !== wanted[index])) different.push(steps);
  }
  // From an independent float32 computation in NumPy of torch.linspace's definition.
  assert.deepEqual(different.slice(0, 6), [26, 52, 60, 104, 120, 180]);
});

test('strictly decreasing from T − 1 to −1 for every number of steps', () => {
  const check = (timesteps: number, steps: number) => {
    const times = samplingTimes(timesteps, steps);
    assert.equal(times.length, steps + 1);
    assert.equal(times[0], timesteps - 1);
    assert.equal(times[steps], -1);
    for (let index = 1; index <= steps; index++) {
      assert.ok(Number.isInteger(times[index]) && !Object.is(times[index], -0));
      assert.ok(times[index] < times[index - 1], `${steps} steps of ${timesteps} at ${index}`);
    }
  };
  for (let steps = 1; steps <= 1000; steps++) check(1000, steps);
  for (const timesteps of [1, 2, 3, 10, 37, 100])
    for (let steps = 1; steps <= timesteps; steps++) check(timesteps, steps);
});

test('with as many steps as times, each time is visited', () => {
  assert.deepEqual(
    samplingTimes(1000, 1000),
    Array.from({ length: 1001 }, (_, index) => 999 - index),
  );
});

test('steps out of range are refused', () => {
  assert.throws(() => samplingTimes(1000, 0), /samplingTimes: expected 1 to 1000 steps.*got 0/);
  assert.throws(() => samplingTimes(1000, 1001), /got 1001/);
  assert.throws(() => samplingTimes(1000, 2.5), /got 2.5/);
  assert.throws(() => samplingTimes(0, 1), /timesteps/);
  assert.throws(() => samplingTimes(100_000, 99_954), /two equal ones .*take fewer steps/);
});

test("DDIM's times start from 0 and are as far apart as possible", () => {
  assert.deepEqual(samplingTimes(1000, 5, 'leading'), [800, 600, 400, 200, 0, -1]);
  assert.deepEqual(samplingTimes(1000, 3, 'leading'), [666, 333, 0, -1]);
  assert.deepEqual(samplingTimes(3, 3, 'leading'), [2, 1, 0, -1]);
  assert.deepEqual(samplingTimes(7, 1, 'leading'), [0, -1]);
  assert.throws(() => samplingTimes(10, 2, 'trailing' as 'leading'), {
    message: 'samplingTimes: expected times linspace or leading, got trailing',
  });
});
