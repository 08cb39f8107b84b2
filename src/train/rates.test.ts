import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { averageRateAt, learningRateAt, type OptimiserConfig, optimiserSchema } from './rates.ts';

describe('learning rate', () => {
  const optimiser = optimiserSchema.parse({});
  const at = (step: number, fields: Partial<OptimiserConfig> = {}): number =>
    learningRateAt(step, 100, { ...optimiser, learningRate: 0.5, ...fields });

  test('constant without warmup, from the first step to the last', () => {
    assert.deepEqual([at(1), at(50), at(100)], [0.5, 0.5, 0.5]);
  });

  test('rises evenly, and is full at the end of the warmup', () => {
    assert.deepEqual(
      [1, 2, 4, 5, 100].map((step) => at(step, { warmup: 4 })),
      [0.125, 0.25, 0.5, 0.5, 0.5],
    );
  });

  test('half a cosine ends at 0, and is at half in the middle', () => {
    const cosine = (step: number): number => at(step, { decay: 'cosine', warmup: 20 });
    assert.equal(cosine(20), 0.5);
    assert.ok(Math.abs(cosine(60) - 0.25) < 1e-12);
    assert.ok(Math.abs(cosine(40) - 0.25 * (1 + Math.SQRT1_2)) < 1e-12);
    assert.ok(cosine(100) >= 0 && cosine(100) < 1e-12);
  });

  test('half a cosine ends at its floor', () => {
    const cosine = (step: number): number => at(step, { decay: 'cosine', floor: 0.1, warmup: 20 });
    assert.deepEqual([cosine(10), cosine(20)], [0.25, 0.5]);
    assert.ok(Math.abs(cosine(60) - 0.3) < 1e-12);
    assert.ok(Math.abs(cosine(100) - 0.1) < 1e-12);
  });

  test('stays within 0 and the largest, and never rises after the warmup', () => {
    const decay = fc.constantFrom('constant' as const, 'cosine' as const);
    const whole = (min: number, max: number) => fc.integer({ min, max });
    fc.assert(
      fc.property(decay, whole(2, 500), whole(0, 499), (kind, steps, longest) => {
        const warmup = Math.min(longest, steps - 1);
        let last = Number.POSITIVE_INFINITY;
        for (let step = 1; step <= steps; step++) {
          const rate = learningRateAt(step, steps, { ...optimiser, decay: kind, warmup });
          // At most one rounding above.
          assert.ok(rate >= 0 && rate <= optimiser.learningRate * (1 + Number.EPSILON));
          if (step > warmup) {
            assert.ok(rate <= last);
            last = rate;
          }
        }
      }),
    );
  });
});

test('the average copies the weights while young, then moves now and then', () => {
  const rates = (steps: readonly number[], average: { decay: number; every: number; warmup: number; ramp?: number }) =>
    steps.map((step) => averageRateAt(step, { ramp: 0, ...average }));
  assert.deepEqual(rates([1, 4, 5, 6, 7, 8, 9], { decay: 0.75, every: 2, warmup: 4 }), [1, 1, 0, 0.25, 0, 0.25, 0]);
  assert.deepEqual(rates([1, 2, 3], { decay: 0.75, every: 1, warmup: 0 }), [0.25, 0.25, 0.25]);
  // With a ramp it first moves n^(-1/2) of the way, n steps after the warmup, until that is less than 1 - decay.
  assert.deepEqual(rates([2, 3, 6, 18, 27], { decay: 0.75, every: 1, warmup: 2, ramp: 0.5 }), [1, 1, 0.5, 0.25, 0.25]);
});
