import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noisyKinds } from '../../test/support/schedule-kinds.ts';
import { courses } from './power-curve.ts';
import { createSchedule, cumulativeAt, scheduleFromTables } from './schedule.ts';

const close = (actual: number, wanted: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);

/** Every kind of schedule, of any length and noise strength. */
const anyOptions = fc.record({
  timesteps: fc.integer({ min: 1, max: 1200 }),
  kind: fc.constantFrom(...noisyKinds),
  alpha: fc.constantFrom(...courses),
  beta: fc.constantFrom(...courses),
  noiseStrength: fc.double({ min: 0.001, max: 4, noNaN: true }),
});

test('power curves run T … 1, 1 … T or evenly, and start at the first noisy state', () => {
  const { alpha, betaSquared, alphaBar, betaBar } = createSchedule({ timesteps: 4, noiseStrength: 0.01 });
  assert.deepEqual([...alpha], [0.4, 0.3, 0.2, 0.1]);
  [0.001, 0.002, 0.003, 0.004].forEach((value, time) => {
    close(betaSquared[time], value);
  });
  [0.4, 0.7, 0.9, 1].forEach((value, time) => {
    close(alphaBar[time], value);
  });
  [0.001, 0.003, 0.006, 0.01].forEach((value, time) => {
    close(betaBar[time], Math.sqrt(value));
  });
  const mean = createSchedule({ timesteps: 4, alpha: 'mean', beta: 'decreasing' });
  assert.deepEqual([...mean.alpha], [0.25, 0.25, 0.25, 0.25]);
  assert.deepEqual([...mean.betaSquared], [0.4, 0.3, 0.2, 0.1]);
});

test('the default of the paper at T = 1000 has the reference values', () => {
  // From the reference's tables (float32), noise strength 0.01.
  const { alpha, alphaBar, betaSquared, betaBar } = createSchedule({ noiseStrength: 0.01 });
  close(alpha[0], 0.001998002, 1e-9);
  close(alphaBar[2], 0.005988012, 1e-8);
  close(betaSquared[999], 1.998002e-5, 1e-10);
  close(betaBar[0], 0.000141351, 1e-8);
  close(betaBar[998], 0.09990005, 1e-7);
});

test('DDIM schedules end where the published ones do', () => {
  const ends = (kind: 'ddim-linear' | 'ddim-scaled-linear' | 'ddim-squared-cosine') => {
    const { alphaBar, betaBar } = createSchedule({ kind });
    return [alphaBar[0], alphaBar[999], betaBar[0], betaBar[999]];
  };
  const wanted = {
    'ddim-linear': [5.00012501e-5, 0.993647182, 0.01, 0.99997982],
    'ddim-scaled-linear': [5.00012501e-5, 0.972918411, 0.01, 0.99963323],
    'ddim-squared-cosine': [2.06423249e-5, 0.999950718, 0.00642528, 1],
  };
  for (const kind of ['ddim-linear', 'ddim-scaled-linear', 'ddim-squared-cosine'] as const) {
    ends(kind).forEach((value, index) => {
      close(value, wanted[kind][index], 1e-7);
    });
  }
});

test('cumulative values are the sums of the steps, and power schedules end at 1 and the noise strength', () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const schedule = createSchedule(options);
      const { timesteps, alpha, alphaBar, betaSquared, betaBar, noiseStrength } = schedule;
      assert.equal(noiseStrength, options.noiseStrength);
      for (const table of [alpha, alphaBar, betaSquared, betaBar]) assert.equal(table.length, timesteps);
      let residual = 0;
      let noise = 0;
      for (let time = 0; time < timesteps; time++) {
        assert.ok(alpha[time] > 0 && betaSquared[time] > 0);
        residual += alpha[time];
        noise += betaSquared[time];
        close(alphaBar[time], residual, 1e-11);
        close(betaBar[time] ** 2, noise, 1e-11 * noiseStrength);
      }
      if (options.kind === 'power') {
        assert.equal(alphaBar[timesteps - 1], 1);
        assert.equal(betaBar[timesteps - 1], Math.sqrt(noiseStrength));
      }
    }),
    { numRuns: 60 },
  );
});

test('noise strength scales the noise of converted schedules and not their residual', () => {
  const plain = createSchedule({ kind: 'ddim-linear' });
  const weak = createSchedule({ kind: 'ddim-linear', noiseStrength: 0.01 });
  assert.deepEqual(weak.alphaBar, plain.alphaBar);
  close(weak.betaBar[500], plain.betaBar[500] * 0.1);
});

test('the tables of a schedule give that schedule again', () => {
  const schedule = createSchedule({ timesteps: 50, noiseStrength: 0.3 });
  const again = scheduleFromTables(schedule.alphaBar, schedule.betaBar);
  close(again.noiseStrength, 0.3);
  for (let time = 0; time < 50; time++) {
    close(again.alpha[time], schedule.alpha[time]);
    close(again.betaSquared[time], schedule.betaSquared[time]);
  }
});

test('time −1 is the clean image', () => {
  const schedule = createSchedule({ timesteps: 4 });
  assert.deepEqual(cumulativeAt(schedule, -1), { alphaBar: 0, betaBar: 0 });
  assert.deepEqual(cumulativeAt(schedule, 0), { alphaBar: 0.4, betaBar: Math.sqrt(0.1) });
});

test('options out of range are refused', () => {
  assert.throws(() => createSchedule({ timesteps: 0 }), /createSchedule: expected timesteps, .*got 0/);
  assert.throws(() => createSchedule({ timesteps: 2.5 }), /timesteps/);
  assert.throws(() => createSchedule({ noiseStrength: -1 }), /noiseStrength.*got -1/);
  assert.throws(() => createSchedule({ noiseStrength: Number.NaN }), /noiseStrength.*got NaN/);
  assert.throws(() => createSchedule({ kind: 'cosine' as 'power' }), /kind, one of power.*got cosine/);
  assert.throws(() => createSchedule({ alpha: 'up' as 'mean' }), /alpha, one of.*got up/);
  assert.throws(() => createSchedule({ kind: 'ddim-linear', beta: 'up' as 'mean' }), /beta, one of.*got up/);
  assert.throws(() => scheduleFromTables([1], [1, 2]), /two tables of one length, got 1 and 2/);
  assert.throws(() => scheduleFromTables([], []), /two tables/);
  assert.throws(() => scheduleFromTables([0.5, 0.4], [0, 1]), /alphaBar not to decrease from 0, got 0.4 at 1/);
  assert.throws(() => scheduleFromTables([0.5, 1], [0, Number.NaN]), /betaBar.*NaN at 1/);
  const schedule = createSchedule({ timesteps: 4 });
  for (const time of [-2, 4, 1.5, Number.NaN]) assert.throws(() => cumulativeAt(schedule, time), /from -1 to 3/);
});
