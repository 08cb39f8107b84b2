import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noisyKinds } from '../../test/support/schedule-kinds.ts';
import { createRandom } from '../math/random.ts';
import { largestDifference, type Tensor, tensor } from '../math/tensor.ts';
import { forwardProcess, residualOf } from './forward.ts';
import { type Clip, interpretPrediction, type Objective, objectives, type PredictedTerms } from './objective.ts';
import { createSchedule, type Schedule, scheduleFromTables } from './schedule.ts';

/** Tensors of one value, to work by hand. ᾱ_0 = 0.4, β̄_0 = 0.5 at T = 4 and noise strength 2.5. */
const hand = createSchedule({ timesteps: 4, noiseStrength: 2.5 });
function interpret(options: {
  objective: Objective;
  clip?: Clip;
  time?: number;
  noisy: number;
  input?: number;
  predicted: { residual?: number; noise?: number; clean?: number };
  schedule?: Schedule;
}) {
  const { objective, clip = 'reference', time = 0, noisy, input, predicted, schedule = hand } = options;
  const one = (value: number | undefined): Tensor | undefined =>
    value === undefined ? undefined : tensor([1], [value]);
  const { residual, noise, clean } = interpretPrediction({
    schedule,
    time,
    objective,
    clip,
    noisy: tensor([1], [noisy]),
    input: one(input),
    predicted: { residual: one(predicted.residual), noise: one(predicted.noise), clean: one(predicted.clean) },
  });
  return [residual, noise, clean].map(({ data }) => Math.round(data[0] * 1e5) / 1e5);
}

test('SM-Res by hand: residual clipped, noise from the clipped residual, clean image clipped', () => {
  // ε = (I_t − I_in + 0.6 I_res) / 0.5
  assert.deepEqual(
    interpret({ objective: 'residual', noisy: 1, input: 0.5, predicted: { residual: 0.25 } }),
    [0.25, 1.3, 0.25],
  );
  const wild = { objective: 'residual', noisy: 1, input: -0.5, predicted: { residual: 1.5 } } as const;
  assert.deepEqual(interpret(wild), [1, 4.2, -1]);
  assert.deepEqual(interpret({ ...wild, clip: 'none' }), [1.5, 4.8, -2]);
});

test('SM-N by hand: clean image clipped, residual from it, clipped again; the noise never', () => {
  // I_0 = (I_t − 0.4 I_in − 0.5 ε) / 0.6
  assert.deepEqual(
    interpret({ objective: 'noise', noisy: 1, input: 0.5, predicted: { noise: 1.3 } }),
    [0.25, 1.3, 0.25],
  );
  const wild = { objective: 'noise', noisy: 2, input: -0.5, predicted: { noise: -2 } } as const;
  assert.deepEqual(interpret(wild), [-1, -2, 1]);
  assert.deepEqual(interpret({ ...wild, clip: 'none' }), [-5.83333, -2, 5.33333]);
  // Without an input I_in = 0.
  assert.deepEqual(interpret({ objective: 'noise', noisy: 0.8, predicted: { noise: 1 } }), [-0.5, 1, 0.5]);
});

test('clean image predicted, by hand: clipped, residual from it clipped again, noise from both', () => {
  // I_res = I_in − I_0, ε = (I_t − I_in + 0.6 I_res) / 0.5
  assert.deepEqual(
    interpret({ objective: 'clean', noisy: 1, input: 0.5, predicted: { clean: 0.25 } }),
    [0.25, 1.3, 0.25],
  );
  const wild = { objective: 'clean', noisy: 1, input: -0.5, predicted: { clean: 1.5 } } as const;
  assert.deepEqual(interpret(wild), [-1, 1.8, 1]);
  assert.deepEqual(interpret({ ...wild, clip: 'none' }), [-2, 0.6, 1.5]);
  // Without an input I_in = 0.
  assert.deepEqual(interpret({ objective: 'clean', noisy: 0.8, predicted: { clean: 0.5 } }), [-0.5, 1, 0.5]);
});

test('SM-Res-N by hand: the clean image from the clipped residual', () => {
  // I_0 = I_t − 0.4 I_res − 0.5 ε
  const wild = { objective: 'residual-noise', noisy: 1, input: 0, predicted: { residual: 1.5, noise: 3 } } as const;
  assert.deepEqual(interpret(wild), [1, 3, -0.9]);
  assert.deepEqual(interpret({ ...wild, clip: 'none' }), [1.5, 3, -1.1]);
  assert.deepEqual(interpret({ ...wild, predicted: { residual: 1, noise: -3 } }), [1, -3, 1]);
});

test('SM-N divides by no less than 1e-6, where the reference would divide by 0', () => {
  const last = { objective: 'noise', clip: 'none', noisy: 1, input: 0 } as const;
  // β̄_T = √2.5
  assert.deepEqual(interpret({ ...last, time: 3, predicted: { noise: 0 } })[2], 1e6);
  assert.deepEqual(interpret({ ...last, time: 2, predicted: { noise: 0 } })[2], 10);
  // A table that float32 rounded to just below 1 counts as 1; an intended share is kept.
  const tables = scheduleFromTables([0.5, 1 - 2e-6, 1 - 5e-8], [0.5, 0.9, 1]);
  assert.equal(interpret({ ...last, schedule: tables, time: 2, predicted: { noise: 0 } })[2], 1e6);
  assert.ok(Math.abs(interpret({ ...last, schedule: tables, time: 1, predicted: { noise: 0 } })[2] - 5e5) < 1);
  // A converted schedule keeps a share of the clean image until the end: √ᾱ_DDIM = 0.006353.
  const schedule = createSchedule({ kind: 'ddim-linear' });
  const [, , clean] = interpret({ ...last, schedule, time: 999, predicted: { noise: 0 } });
  assert.ok(Math.abs(clean * 0.006352818 - 1) < 1e-5);
});

test('a perfect prediction at any time gives the clean image, residual and noise, for every objective and schedule', () => {
  const perfect = fc.record({
    kind: fc.constantFrom(...noisyKinds),
    objective: fc.constantFrom(...objectives),
    time: fc.integer({ min: 0, max: 98 }),
    noiseStrength: fc.constantFrom(0.01, 0.3, 1),
    seed: fc.nat(),
    generates: fc.boolean(),
  });
  fc.assert(
    fc.property(perfect, ({ kind, objective, time, noiseStrength, seed, generates }) => {
      const random = createRandom(seed, ['objective']);
      const image = () =>
        tensor(
          [2, 3],
          Array.from({ length: 6 }, () => random.between(-0.5, 0.5)),
        );
      const [clean, input] = [image(), generates ? undefined : image()];
      const noise = tensor(
        [2, 3],
        Array.from({ length: 6 }, () => random.normal()),
      );
      const residual = residualOf(clean, input);
      const schedule = createSchedule({ timesteps: 100, kind, noiseStrength });
      const noisy = forwardProcess(schedule, time, { clean, residual, noise });
      const all: PredictedTerms = { residual, noise, clean };
      const found = interpretPrediction({ schedule, time, objective, clip: 'reference', noisy, input, predicted: all });
      // The divisor is small at one end, which magnifies the float32 rounding of I_t.
      const growth = 1 / Math.min(schedule.betaBar[time], 1 - schedule.alphaBar[time]);
      assert.ok(largestDifference(found.clean, clean) < 1e-6 * growth);
      assert.ok(largestDifference(found.residual, residual) < 1e-6 * growth);
      assert.ok(largestDifference(found.noise, noise) < 1e-6 * growth);
    }),
  );
});

test('without noise the residual alone is enough', () => {
  const schedule = createSchedule({ timesteps: 4, noiseStrength: 0 });
  assert.deepEqual(
    interpret({ schedule, objective: 'residual', noisy: 0.9, input: 0.5, predicted: { residual: 0.25 } }),
    [0.25, 0, 0.25],
  );
});

test('results are new tensors, so a network may reuse its buffers', () => {
  const predicted = { residual: tensor([1], [0.5]), noise: tensor([1], [0.25]) };
  const noisy = tensor([1], [1]);
  const request = { schedule: hand, time: 1, objective: 'residual-noise', clip: 'none', noisy, predicted } as const;
  const { residual, noise } = interpretPrediction(request);
  predicted.residual.data[0] = 9;
  predicted.noise.data[0] = 9;
  assert.deepEqual([residual.data[0], noise.data[0]], [0.5, 0.25]);
});

test('missing predictions, wrong shapes and times are refused', () => {
  const noisy = tensor([2], [1, 1]);
  const base = { schedule: hand, time: 1, clip: 'reference', noisy, input: noisy } as const;
  const attempt = (change: object) => () =>
    interpretPrediction({ ...base, objective: 'residual', predicted: { residual: noisy }, ...change });
  assert.throws(attempt({ predicted: { noise: noisy } }), /a predicted residual for objective "residual", got none/);
  assert.throws(attempt({ objective: 'noise' }), /a predicted noise for objective "noise"/);
  assert.throws(attempt({ objective: 'clean' }), /a predicted clean for objective "clean", got none/);
  assert.throws(attempt({ objective: 'residual-noise' }), /a predicted noise for objective "residual-noise"/);
  assert.throws(attempt({ objective: 'input' }), /expected objective, one of .*got input/);
  assert.throws(attempt({ predicted: { residual: tensor([1], [1]) } }), /tensors of one shape, got 1 and 2/);
  assert.throws(attempt({ input: tensor([1], [1]) }), /tensors of one shape/);
  assert.throws(attempt({ time: -1 }), /a time from 0/);
  assert.throws(attempt({ time: 4 }), /from -1 to 3, got 4/);
});
