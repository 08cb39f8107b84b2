import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalTensor } from '../math/random.ts';
import { largestDifference, tensor } from '../math/tensor.ts';
import { forwardProcess } from './forward.ts';
import { cleanImage, reverseStep } from './reverse.ts';
import { createSchedule, scheduleKinds } from './schedule.ts';

const shape = [3, 5];
const clean = normalTensor(shape, 2, ['clean']);
const residual = normalTensor(shape, 2, ['residual']);
const noise = normalTensor(shape, 2, ['noise']);
const parts = { clean, residual, noise };
const threeTimes = fc
  .uniqueArray(fc.integer({ min: -1, max: 199 }), { minLength: 3, maxLength: 3 })
  .map((times) => times.sort((a, b) => b - a));

test('Eq. 12 by hand', () => {
  // T = 4: ᾱ = 0.4, 0.7, 0.9, 1; β̄² = 0.1, 0.3, 0.6, 1.
  const schedule = createSchedule({ timesteps: 4 });
  const one = (value: number) => tensor([1], [value]);
  const request = { schedule, time: 3, nextTime: 1, noisy: one(2), residual: one(1), noise: one(0.5), fresh: one(-1) };
  const plain = 2 - 0.3 - (1 - Math.sqrt(0.3)) * 0.5;
  assert.ok(Math.abs(reverseStep({ ...request, eta: 0 }).data[0] - plain) < 1e-6);
  const random = 2 - 0.3 - (1 - Math.sqrt(0.3 - 0.21)) * 0.5 - Math.sqrt(0.21);
  assert.ok(Math.abs(reverseStep({ ...request, eta: 1 }).data[0] - random) < 1e-6);
});

test('undoes the forward process between any two times, and to the clean image at −1', () => {
  fc.assert(
    fc.property(threeTimes, fc.constantFrom(...scheduleKinds), ([time, , nextTime], kind) => {
      const schedule = createSchedule({ timesteps: 200, kind });
      const noisy = forwardProcess(schedule, time, parts);
      const step = reverseStep({ schedule, time, nextTime, eta: 0, noisy, residual, noise });
      assert.ok(largestDifference(step, forwardProcess(schedule, nextTime, parts)) < 1e-5);
      assert.ok(largestDifference(cleanImage(schedule, time, { noisy, residual, noise }), clean) < 1e-5);
    }),
  );
});

test('two steps equal one for any prediction, as long as it does not change', () => {
  fc.assert(
    fc.property(threeTimes, fc.constantFrom(...scheduleKinds), ([time, between, nextTime], kind) => {
      const schedule = createSchedule({ timesteps: 200, kind });
      const noisy = normalTensor(shape, 3, ['anything']);
      const base = { schedule, eta: 0, residual, noise };
      const half = reverseStep({ ...base, noisy, time, nextTime: between });
      const two = reverseStep({ ...base, noisy: half, time: between, nextTime });
      const one = reverseStep({ ...base, noisy, time, nextTime });
      assert.ok(largestDifference(two, one) < 1e-5);
    }),
  );
});

test('fresh noise is required where it is used, and only there', () => {
  const schedule = createSchedule({ timesteps: 10 });
  const request = { schedule, time: 9, nextTime: 4, noisy: clean, residual, noise };
  assert.throws(() => reverseStep({ ...request, eta: 1 }), /reverseStep: expected fresh noise for eta 1, got none/);
  assert.ok(reverseStep({ ...request, eta: 0 }));
  assert.ok(reverseStep({ ...request, eta: 1, nextTime: -1 }));
});

test('bad input is refused', () => {
  const schedule = createSchedule({ timesteps: 10 });
  const request = { schedule, time: 9, nextTime: 4, eta: 0, noisy: clean, residual, noise };
  assert.throws(
    () => reverseStep({ ...request, noise: tensor([1], [1]) }),
    /reverseStep: expected tensors of one shape/,
  );
  assert.throws(() => reverseStep({ ...request, time: 4 }), /a next time below 4/);
  assert.throws(() => reverseStep({ ...request, eta: -1 }), /eta/);
  assert.throws(() => cleanImage(schedule, 10, { noisy: clean, residual, noise }), /cleanImage: .*got 10/);
});
