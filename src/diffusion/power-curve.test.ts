import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Curve, curveForms, curveShape, powerCurve, showCurve } from './power-curve.ts';

const close = (actual: ArrayLike<number>, wanted: readonly number[], tolerance = 1e-12) =>
  wanted.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${actual[i]} is not ${value}`);
  });

const anyShape = fc.record({
  course: fc.constantFrom('decreasing' as const, 'increasing' as const),
  exponent: fc.double({ min: 0, max: 100, noNaN: true }),
  form: fc.constantFrom(...curveForms),
});

test('the word, the exponent and the full form of a curve are the same', () => {
  const shape = (curve: Curve, which: 'alpha' | 'beta') => curveShape(curve, which, 'test');
  assert.deepEqual(shape('decreasing', 'beta'), { course: 'decreasing', exponent: 1, form: 'counted' });
  assert.deepEqual(shape(2.5, 'alpha'), { course: 'decreasing', exponent: 2.5, form: 'counted' });
  assert.deepEqual(shape(2.5, 'beta'), { course: 'increasing', exponent: 2.5, form: 'counted' });
  for (const which of ['alpha', 'beta'] as const) {
    assert.deepEqual(powerCurve(shape('mean', which), 7), powerCurve(shape(0, which), 7));
  }
  assert.deepEqual(shape(1, 'alpha'), shape('decreasing', 'alpha'));
  assert.deepEqual(shape(1, 'beta'), shape('increasing', 'beta'));
});

test('both discrete forms, by hand', () => {
  close(powerCurve({ course: 'increasing', exponent: 1, form: 'counted' }, 4).increments, [0.1, 0.2, 0.3, 0.4]);
  close(powerCurve({ course: 'decreasing', exponent: 2, form: 'counted' }, 3).increments, [9 / 14, 4 / 14, 1 / 14]);
  close(powerCurve({ course: 'increasing', exponent: 0.5, form: 'counted' }, 4).cumulative, [
    1 / (3 + Math.SQRT2 + Math.sqrt(3)),
    (1 + Math.SQRT2) / (3 + Math.SQRT2 + Math.sqrt(3)),
  ]);
  // linspace(0, 1, 5)^a: 0, 1/4, 1/2, 3/4, 1.
  close(powerCurve({ course: 'increasing', exponent: 1, form: 'linspace' }, 5).increments, [0, 0.1, 0.2, 0.3, 0.4]);
  close(powerCurve({ course: 'decreasing', exponent: 2, form: 'linspace' }, 3).increments, [0.8, 0.2, 0]);
  // 0 to the power of 0 is 1, in PyTorch as here.
  close(powerCurve({ course: 'increasing', exponent: 0, form: 'linspace' }, 4).increments, [0.25, 0.25, 0.25, 0.25]);
  close(powerCurve({ course: 'decreasing', exponent: 3, form: 'linspace' }, 1).increments, [1]);
});

test('shares sum to 1 and follow their course, and the last sum is exactly 1', () => {
  fc.assert(
    fc.property(anyShape, fc.integer({ min: 1, max: 10_000 }), (shape, timesteps) => {
      const { increments, cumulative } = powerCurve(shape, timesteps);
      assert.equal(cumulative[timesteps - 1], 1);
      let sum = 0;
      for (let time = 0; time < timesteps; time++) {
        sum += increments[time];
        assert.ok(Math.abs(cumulative[time] - sum) < 1e-11);
        const change = increments[time] - (increments[time - 1] ?? increments[time]);
        assert.ok(shape.course === 'increasing' ? change >= 0 : change <= 0);
      }
    }),
  );
});

test('a share is x^a of the last one, below and above the range of exact integers in float64', () => {
  assert.ok(2000 ** 93 < Infinity && 2000 ** 93.5 === Infinity);
  for (const exponent of [92, 92.5, 100]) {
    const { increments } = powerCurve({ course: 'increasing', exponent, form: 'counted' }, 2000);
    close([increments[1899] / increments[1999]], [0.95 ** exponent]);
  }
});

test('the sums tend to the integral of Eq. 18: x^(a+1) after a share x of the time', () => {
  for (const exponent of [0, 0.3, 1, 2, 5]) {
    for (const form of curveForms) {
      const { cumulative } = powerCurve({ course: 'increasing', exponent, form }, 20_000);
      for (const x of [0.25, 0.5, 0.8]) {
        assert.ok(Math.abs(cumulative[x * 20_000 - 1] - x ** (exponent + 1)) < 3e-4, `${exponent} ${form} ${x}`);
      }
    }
  }
});

test('decreasing is increasing, reversed', () => {
  fc.assert(
    fc.property(anyShape, fc.integer({ min: 1, max: 300 }), ({ exponent, form }, timesteps) => {
      const up = powerCurve({ course: 'increasing', exponent, form }, timesteps).increments;
      const down = powerCurve({ course: 'decreasing', exponent, form }, timesteps).increments;
      close(down, [...up].reverse(), 1e-15);
    }),
  );
});

test('a curve as text', () => {
  assert.equal(showCurve('mean'), 'mean');
  assert.equal(showCurve(2), 'exponent 2');
  assert.equal(showCurve({ course: 'increasing', exponent: 3 }), 'increasing with exponent 3');
  assert.equal(
    showCurve({ course: 'decreasing', exponent: 0.5, form: 'linspace' }),
    'decreasing with exponent 0.5 (linspace)',
  );
});

test('an invalid curve is refused', () => {
  const refused = (curve: unknown, pattern: RegExp) =>
    assert.throws(() => curveShape(curve as Curve, 'beta', 'test'), { name: 'RddmError', message: pattern });
  refused('up', /test: expected beta, one of decreasing, increasing, mean, an exponent.*got up/);
  refused(-1, /an exponent of beta from 0 to 100, got -1/);
  refused(Number.NaN, /an exponent of beta.*NaN/);
  refused(101, /got 101/);
  refused({ course: 'mean', exponent: 1 }, /got mean/);
  refused({ course: 'increasing', exponent: 1, form: 'log' }, /a form of beta, counted or linspace, got log/);
  refused(null, /one of/);
});
