import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noisyKinds } from '../../test/support/schedule-kinds.ts';
import { type Adjustment, adjustModes, adjustSchedule } from './adjust.ts';
import { createSchedule } from './schedule.ts';

test('each mode replaces the coefficients that it names, and no others', () => {
  for (const kind of noisyKinds) {
    const schedule = createSchedule({ kind, timesteps: 200 });
    const power = createSchedule({ timesteps: 200, alpha: 2, beta: 3, noiseStrength: schedule.noiseStrength });
    for (const mode of adjustModes) {
      const { alphaBar, betaBar, noiseStrength } = adjustSchedule(schedule, { mode, alpha: 2, beta: 3 });
      assert.equal(noiseStrength, schedule.noiseStrength);
      assert.deepEqual(alphaBar, (mode === 'alpha' || mode === 'both' ? power : schedule).alphaBar);
      assert.deepEqual(betaBar, (mode === 'beta' || mode === 'both' ? power : schedule).betaBar);
    }
  }
});

test('exponents default to 1, and a curve may run in the other direction', () => {
  const schedule = createSchedule({ kind: 'ddim-scaled-linear', timesteps: 100 });
  const paper = createSchedule({ timesteps: 100 });
  const both = adjustSchedule(schedule, { mode: 'both' });
  assert.deepEqual([both.alphaBar, both.betaBar], [paper.alphaBar, paper.betaBar]);
  const up = { course: 'increasing', exponent: 5 } as const;
  assert.deepEqual(
    adjustSchedule(schedule, { mode: 'both', alpha: up, beta: up }).alphaBar,
    createSchedule({ timesteps: 100, alpha: up }).alphaBar,
  );
});

test('the noise strength of the schedule stays', () => {
  const weak = createSchedule({ kind: 'ddim-linear', noiseStrength: 0.01 });
  const { betaBar } = adjustSchedule(weak, { mode: 'beta', beta: 2 });
  assert.equal(betaBar[999], 0.1);
});

test('an unknown mode or curve is refused', () => {
  const schedule = createSchedule({ timesteps: 4 });
  const refused = (adjustment: unknown, pattern: RegExp) =>
    assert.throws(() => adjustSchedule(schedule, adjustment as Adjustment), { name: 'RddmError', message: pattern });
  refused({ mode: 'Alpha' }, /adjustSchedule: expected mode, one of none, alpha, beta, both, got Alpha/);
  refused({ mode: 'alpha', alpha: -2 }, /exponent of alpha/);
  refused({ mode: 'none', beta: 'up' }, /beta, one of/);
});
