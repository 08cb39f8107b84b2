import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noisyKinds } from '../../test/support/schedule-kinds.ts';
import { tensor } from '../math/tensor.ts';
import { ddimAlphaBar, ddimKinds } from './ddim.ts';
import { cleanPoint } from './point.ts';
import { courses } from './power-curve.ts';
import { reverseStep } from './reverse.ts';
import { createSchedule } from './schedule.ts';
import { posteriorOf, stepVariance, varianceBetween } from './variance.ts';

const anySchedule = fc
  .record({
    timesteps: fc.integer({ min: 2, max: 300 }),
    kind: fc.constantFrom(...noisyKinds),
    beta: fc.constantFrom(...courses),
    noiseStrength: fc.double({ min: 0.001, max: 4, noNaN: true }),
  })
  .map(createSchedule);

test('a skipped step, by hand', () => {
  // T = 4: β̄² = 0.1, 0.3, 0.6, 1.
  const schedule = createSchedule({ timesteps: 4 });
  assert.ok(Math.abs(stepVariance(schedule, 3, 1, 1) - (0.7 * 0.3) / 1) < 1e-12);
  assert.ok(Math.abs(stepVariance(schedule, 2, 1, 0.5) - (0.5 * 0.3 * 0.3) / 0.6) < 1e-12);
  assert.equal(stepVariance(schedule, 2, 1, 0), 0);
  assert.equal(stepVariance(schedule, 2, -1, 1), 0);
});

test('the variances of any sampling sum to at most the noise strength', () => {
  fc.assert(
    fc.property(anySchedule, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), (schedule, jumps) => {
      let sum = 0;
      for (let time = schedule.timesteps - 1; time >= 0; ) {
        const next = Math.max(-1, time - jumps.next().value);
        const variance = stepVariance(schedule, time, next, 1);
        assert.ok(variance >= 0);
        sum += variance;
        time = next;
      }
      assert.ok(sum <= schedule.noiseStrength * (1 + 1e-12), `${sum}`);
    }),
  );
});

test('a step with any η gives the noise the variance of the next time', () => {
  fc.assert(
    fc.property(anySchedule, fc.double({ min: 0, max: 1, noNaN: true }), (schedule, eta) => {
      const time = schedule.timesteps - 1;
      const variance = stepVariance(schedule, time, 0, eta);
      // √(β̄_s² − σ²) of Eq. 12 must be real.
      assert.ok(variance <= schedule.betaBar[0] ** 2);
    }),
  );
});

test('with DDPM’s variance the step is DDIM’s (η = 0) and DDPM’s (η = 1), between any two times (Eq. 48)', () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 998 })).filter(([t, s]) => s < t);
  fc.assert(
    fc.property(fc.constantFrom(...ddimKinds), pair, fc.constantFrom(0, 1), (kind, [time, nextTime], eta) => {
      const table = ddimAlphaBar(kind, 1000);
      const [at, next] = [table[time], table[nextTime]];
      const schedule = createSchedule({ kind });
      const [clean, noise, fresh] = [0.6, -1.2, 0.8];
      const state = Math.sqrt(at) * clean + Math.sqrt(1 - at) * noise;
      // DDIM, its Eq. 12, and DDPM, its Algorithm 2, in their own terms.
      const sigma2 = eta * ((1 - next) / (1 - at)) * (1 - at / next);
      const found = (state - Math.sqrt(1 - at) * noise) / Math.sqrt(at);
      const ddim = Math.sqrt(next) * found + Math.sqrt(1 - next - sigma2) * noise + Math.sqrt(sigma2) * fresh;
      const alpha = at / next;
      const mean = (state - ((1 - alpha) / Math.sqrt(1 - at)) * noise) / Math.sqrt(alpha);
      const ddpm = mean + Math.sqrt(sigma2) * fresh;
      const one = (value: number) => tensor([1], [value]);
      const step = reverseStep({
        ...{ schedule, time, nextTime, eta, variance: 'ddpm' },
        ...{ noisy: one(state), residual: one(-clean), noise: one(noise), fresh: one(fresh) },
      }).data[0];
      assert.ok(Math.abs(stepVariance(schedule, time, nextTime, eta, 'ddpm') - sigma2) < 1e-7);
      assert.ok(Math.abs(step - ddim) < 2e-6, `${step} is not ${ddim}`);
      // At the end of the cosine ᾱ is 2e-9, and DDPM's division by √ᾱ exceeds float32's precision.
      if (eta === 1 && at > 1e-5) assert.ok(Math.abs(step - ddpm) < 2e-6, `${step} is not ${ddpm}`);
    }),
    { numRuns: 300 },
  );
});

test('the paper’s variance is DDPM’s times ᾱ_DDIM of the next time (Eq. 50), and so smaller', () => {
  for (const kind of ddimKinds) {
    const table = ddimAlphaBar(kind, 1000);
    const schedule = createSchedule({ kind });
    for (const [time, nextTime] of [
      [999, 998],
      [700, 300],
      [10, 0],
    ]) {
      const [ours, theirs] = [
        stepVariance(schedule, time, nextTime, 1),
        stepVariance(schedule, time, nextTime, 1, 'ddpm'),
      ];
      assert.ok(Math.abs(ours - table[nextTime] * theirs) < 1e-12);
      assert.ok(ours < theirs);
    }
  }
});

test('the posterior is the step with η = 1', () => {
  fc.assert(
    fc.property(anySchedule, fc.nat(), (schedule, anyTime) => {
      const time = anyTime % schedule.timesteps;
      const posterior = posteriorOf(schedule);
      const [noisy, residual, noise] = [0.7, -0.4, 1.1];
      const clean = noisy - schedule.alphaBar[time] * residual - schedule.betaBar[time] * noise;
      const mean = posterior.noisy[time] * noisy + posterior.residual[time] * residual + posterior.clean[time] * clean;
      const variance = stepVariance(schedule, time, time - 1, 1);
      const previous = time === 0 ? 0 : schedule.betaBar[time - 1];
      const step =
        noisy -
        schedule.alpha[time] * residual -
        (schedule.betaBar[time] - Math.sqrt(Math.max(0, previous ** 2 - variance))) * noise; // Eq. 12
      assert.ok(Math.abs(mean - step) < 1e-9);
      assert.ok(Math.abs(posterior.variance[time] - variance) < 1e-12);
    }),
  );
});

test('the first posterior entry is the clean image, with certainty', () => {
  const { noisy, residual, clean, variance } = posteriorOf(createSchedule({ noiseStrength: 0.01 }));
  assert.deepEqual([noisy[0], residual[0], variance[0]], [0, 0, 0]);
  assert.ok(Math.abs(clean[0] - 1) < 1e-12);
  // From the reference's tables (float32).
  assert.ok(Math.abs(noisy[1] - 0.33333334) < 1e-7);
  assert.ok(Math.abs(residual[1] - 0.00066667) < 1e-8);
  assert.ok(Math.abs(clean[999] - 0.001998) < 1e-6);
  assert.ok(Math.abs(variance[1] - 1.33200135e-8) < 1e-14);
});

test('without noise the posterior is deterministic', () => {
  const schedule = createSchedule({ timesteps: 4, noiseStrength: 0 });
  assert.equal(stepVariance(schedule, 3, 1, 1), 0);
  const { noisy, residual, clean, variance } = posteriorOf(schedule);
  assert.deepEqual([noisy[3], residual[3], clean[3], variance[3]], [1, -0.1, 0, 0]);
});

test('η, times and their order are checked', () => {
  const schedule = createSchedule({ timesteps: 4 });
  assert.throws(() => stepVariance(schedule, 3, 1, 1.5), /eta, a number from 0 to 1, got 1.5/);
  assert.throws(() => stepVariance(schedule, 3, 1, Number.NaN), /eta/);
  assert.throws(() => stepVariance(schedule, 4, 1, 0), /a time.*got 4/);
  assert.throws(() => stepVariance(schedule, 1, 1, 0), /a next time below 1, got 1/);
  assert.throws(() => stepVariance(schedule, 3, 1, 1, 'large' as 'ddpm'), /sum-constrained or ddpm, got large/);
  const loud = createSchedule({ timesteps: 4, noiseStrength: 4 });
  assert.throws(() => stepVariance(loud, 3, 1, 1, 'ddpm'), /a noise strength of at most 1 with variance "ddpm", got 4/);
  assert.throws(
    () => varianceBetween(cleanPoint, { alphaBar: 0, betaBar: 1 }, 1),
    /at most the noise it starts with, 0/,
  );
});
