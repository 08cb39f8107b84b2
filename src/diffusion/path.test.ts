import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RddmError } from '../math/errors.ts';
import { normalTensor } from '../math/random.ts';
import { largestDifference } from '../math/tensor.ts';
import { combine } from './combine.ts';
import { type Path, pathNames, pathPoints } from './path.ts';
import { reverseBetween } from './reverse.ts';
import { createSchedule, scheduleKinds } from './schedule.ts';
import { samplingTimes } from './times.ts';
import { varianceBetween } from './variance.ts';

const shape = [2, 7];
const [clean, residual, noise] = ['clean', 'residual', 'noise'].map((name) => normalTensor(shape, 4, [name]));

/** Any descent from (1, β̄): random stairs and slopes. */
const anyList = fc
  .tuple(
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 6,
    }),
  )
  .map(([pairs]): Path => {
    const down = (values: number[]) => values.sort((a, b) => b - a);
    const alphas = down(pairs.map(([alphaBar]) => alphaBar));
    const betas = down(pairs.map(([, betaBar]) => betaBar));
    return [[1, 1], ...alphas.map((alphaBar, i) => [alphaBar, betas[i]] as const), [0, 0]];
  });

test('residual first: the noise stays whole until the residual is gone', () => {
  const schedule = createSchedule({ noiseStrength: 0.25 });
  const points = pathPoints('residual-first', schedule, 10);
  const times = samplingTimes(1000, 5);
  assert.deepEqual(
    points.slice(0, 6),
    times.map((time) => ({ alphaBar: schedule.alphaBar[time] ?? 0, betaBar: 0.5 })),
  );
  assert.deepEqual(
    points.slice(5),
    times.map((time) => ({ alphaBar: 0, betaBar: schedule.betaBar[time] ?? 0 })),
  );
});

test('noise first: the residual stays whole until the noise is gone; an odd step goes to the first half', () => {
  const schedule = createSchedule({ timesteps: 10, alpha: 'mean', beta: 'mean' });
  const points = pathPoints('noise-first', schedule, 3);
  assert.deepEqual(
    points.map(({ alphaBar }) => alphaBar),
    [1, 1, 1, 0],
  );
  assert.deepEqual(
    points.map(({ betaBar }) => betaBar),
    [1, Math.SQRT1_2, 0, 0],
  );
});

test('together follows the schedule', () => {
  const schedule = createSchedule({ kind: 'ddim-linear' });
  const points = pathPoints('together', schedule, 4);
  samplingTimes(1000, 4).forEach((time, i) => {
    assert.deepEqual(points[i], { alphaBar: schedule.alphaBar[time] ?? 0, betaBar: schedule.betaBar[time] ?? 0 });
  });
});

test('with the true residual and noise, every path leads to the clean image in any number of steps', () => {
  const named = fc.tuple(fc.constantFrom(...pathNames), fc.integer({ min: 2, max: 20 }));
  const listed = anyList.map((path) => [path, path.length - 1] as const);
  fc.assert(
    fc.property(fc.oneof(named, listed), fc.constantFrom(...scheduleKinds), ([path, steps], kind) => {
      const points = pathPoints(path, createSchedule({ kind, timesteps: 40 }), steps);
      assert.equal(points.length, steps + 1);
      const at = ({ alphaBar, betaBar }: { alphaBar: number; betaBar: number }) =>
        combine('test', [
          [1, clean],
          [alphaBar, residual],
          [betaBar, noise],
        ]); // Eq. 7
      let image = at(points[0]);
      for (let step = 1; step <= steps; step++) {
        image = reverseBetween({ from: points[step - 1], to: points[step], eta: 0, noisy: image, residual, noise });
        assert.ok(largestDifference(image, at(points[step])) < 1e-5);
      }
      assert.ok(largestDifference(image, clean) < 1e-5);
    }),
  );
});

test('only steps that remove noise add fresh noise, and never more than there is', () => {
  fc.assert(
    fc.property(anyList, fc.constantFrom('sum-constrained' as const, 'ddpm' as const), (path, kind) => {
      const points = pathPoints(path, createSchedule(), path.length - 1);
      let sum = 0;
      for (let step = 1; step < points.length; step++) {
        const variance = varianceBetween(points[step - 1], points[step], 1, kind);
        assert.ok(variance >= 0 && variance <= points[step].betaBar ** 2 + 1e-12);
        if (points[step - 1].betaBar === points[step].betaBar) assert.equal(variance, 0);
        sum += variance;
      }
      if (kind === 'sum-constrained') assert.ok(sum <= 1 + 1e-12);
    }),
  );
});

test('an invalid path is refused', () => {
  const schedule = createSchedule({ timesteps: 20 });
  const refused = (path: unknown, steps: number, message: RegExp, of = schedule) =>
    assert.throws(() => pathPoints(path as Path, of, steps), { name: 'RddmError', message });
  refused('sideways', 4, /pathPoints: expected a path, together, residual-first, noise-first or a list.*got sideways/);
  refused('residual-first', 1, /at least 2 steps for the path residual-first, which turns a corner, got 1/);
  refused('noise-first', 41, /1 to 20 steps/);
  refused([[1, 1]], 1, /at least 2 points, got 1/);
  refused(
    [
      [1, 1],
      [0, 0],
    ],
    5,
    /1 steps on a path of 2 points, got 5/,
  );
  refused(
    [
      [1, 1],
      [0.2, 1.1],
      [0, 0],
    ],
    2,
    /neither number increasing.*got \[0.2,1.1\] at 1/,
  );
  refused(
    [
      [1, 1],
      [1.5, 1],
      [0, 0],
    ],
    2,
    /at 1/,
  );
  refused(
    [
      [1, 1],
      [0.5, -0.1],
    ],
    1,
    /\[0.5,-0.1\] at 1/,
  );
  refused(
    [
      [1, 1],
      [0.5, Number.NaN],
      [0, 0],
    ],
    2,
    /at 1/,
  );
  refused(
    [
      [0.9, 1],
      [0, 0],
    ],
    1,
    /a path that starts at alphaBar 1, .*got 0.9/,
  );
  refused(
    [
      [1, 1],
      [0, 0.5],
    ],
    1,
    /a path that ends at \[0, 0\], the clean image, got \[0,0.5\]/,
  );
  const converted = createSchedule({ kind: 'ddim-linear', timesteps: 20 });
  const last = converted.alphaBar[19];
  assert.equal(
    pathPoints(
      [
        [last, 1],
        [0, 0],
      ],
      converted,
      1,
    )[0].alphaBar,
    last,
  );
  refused(
    [
      [0.5, 1],
      [0, 0],
    ],
    1,
    /starts at alphaBar 1 or 0\.\d+/,
    converted,
  );
});

test('what is no path is refused in a sentence', () => {
  const schedule = createSchedule({ timesteps: 4 });
  for (const [path, got] of [
    [{ length: { toString: 0 } }, '{"length":{"toString":0}}'],
    [null, 'null'],
    ['sideways', 'sideways'],
  ]) {
    assert.throws(
      () => pathPoints(path as Path, schedule, 2),
      (error: Error) => error instanceof RddmError && error.message.endsWith(`got ${got}`),
    );
  }
  assert.throws(() => pathPoints([[1, 1], null, [0, 0]] as unknown as Path, schedule, 2), /points .*, got null/);
});
