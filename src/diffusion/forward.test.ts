import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { normalTensor } from '../math/random.ts';
import { largestDifference, tensor } from '../math/tensor.ts';
import { combine } from './combine.ts';
import { forwardFromInput, forwardProcess, forwardStep, residualOf } from './forward.ts';
import { createSchedule, scheduleKinds } from './schedule.ts';

const shape = [2, 1, 2, 2];
const clean = normalTensor(shape, 1, ['clean']);
const input = normalTensor(shape, 1, ['input']);
const noise = normalTensor(shape, 1, ['noise']);
const residual = residualOf(clean, input);

test('the residual is input − clean, and −clean in generation', () => {
  assert.deepEqual([...residualOf(tensor([1], [0.25]), tensor([1], [1])).data], [0.75]);
  assert.deepEqual([...residualOf(tensor([1], [0.25])).data], [-0.25]);
});

test('Eq. 7 on numbers worked by hand, with one time per image', () => {
  // T = 4: ᾱ = 0.4, 0.7, 0.9, 1; β̄² = 0.1, 0.3, 0.6, 1 times the noise strength 10.
  const schedule = createSchedule({ timesteps: 4, noiseStrength: 10 });
  const parts = { clean: tensor([2, 1], [1, 2]), residual: tensor([2, 1], [10, -10]), noise: tensor([2, 1], [3, 5]) };
  const { data } = forwardProcess(schedule, [0, -1], parts);
  assert.ok(Math.abs(data[0] - (1 + 4 + 3)) < 1e-6);
  assert.equal(data[1], 2);
});

test('Eq. 7 and Eq. 16 give the same state, for every schedule', () => {
  fc.assert(
    fc.property(fc.constantFrom(...scheduleKinds), fc.integer({ min: -1, max: 99 }), (kind, time) => {
      const schedule = createSchedule({ timesteps: 100, kind });
      const fromClean = forwardProcess(schedule, time, { clean, residual, noise });
      const fromInput = forwardFromInput(schedule, time, { input, residual, noise });
      assert.ok(largestDifference(fromClean, fromInput) < 1e-5);
    }),
  );
});

test('the last state of a power schedule is the noise-carrying input', () => {
  const schedule = createSchedule({ noiseStrength: 0.01 });
  const start = combine('test', [
    [1, input],
    [0.1, noise],
  ]);
  assert.ok(largestDifference(forwardProcess(schedule, 999, { clean, residual, noise }), start) < 1e-6);
});

test('T single steps reach the state of Eq. 7: the residual exactly, the noise in variance', () => {
  const schedule = createSchedule({ timesteps: 20, noiseStrength: 0.5 });
  const zero = tensor(shape, new Float32Array(8));
  let state = clean;
  for (let time = 0; time < 20; time++) {
    state = forwardStep(schedule, time, { previous: state, residual, noise: zero });
    assert.ok(largestDifference(state, forwardProcess(schedule, time, { clean, residual, noise: zero })) < 1e-5);
  }
  // Orthogonal noises: their squares add up like variances.
  const count = 20;
  let square = 0;
  for (let time = 0; time < count; time++) {
    const one = tensor([1], [1]);
    const nothing = tensor([1], [0]);
    square += forwardStep(schedule, time, { previous: nothing, residual: nothing, noise: one }).data[0] ** 2;
    assert.ok(Math.abs(square - schedule.betaBar[time] ** 2) < 1e-6);
  }
});

test('one time per image gives what each image gets alone', () => {
  const schedule = createSchedule({ timesteps: 10 });
  const both = forwardProcess(schedule, [2, 7], { clean, residual, noise });
  const first = forwardProcess(schedule, 2, { clean, residual, noise });
  const second = forwardProcess(schedule, 7, { clean, residual, noise });
  assert.deepEqual([...both.data], [...first.data.subarray(0, 4), ...second.data.subarray(4)]);
});

test('bad times and shapes are refused', () => {
  const schedule = createSchedule({ timesteps: 10 });
  const parts = { clean, residual, noise };
  assert.throws(() => forwardProcess(schedule, 10, parts), /forwardProcess: expected a time.*-1 to 9, got 10/);
  assert.throws(() => forwardProcess(schedule, [1], parts), /one for each of 2 images, got 1 times/);
  assert.throws(
    () => forwardProcess(schedule, [1, 2], { ...parts, noise: tensor([1], [1]) }),
    /expected tensors of 2x1x2x2/,
  );
  assert.throws(() => forwardFromInput(schedule, 1, { input, residual, noise: tensor([1], [1]) }), /one shape/);
  assert.throws(() => forwardStep(schedule, -1, { previous: clean, residual, noise }), /a time from 0.*got -1/);
  assert.throws(() => forwardStep(schedule, 10, { previous: clean, residual, noise }), /got 10/);
});
