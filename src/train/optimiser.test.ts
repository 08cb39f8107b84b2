/** The optimisers on the reference runtime: Adam by hand, RAdam compared with PyTorch, clipping, the moving average. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { feed, state } from '../graph/build.ts';
import { splitProgram } from '../graph/elementwise.ts';
import { createProgram } from '../graph/program.ts';
import { tensor } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import { type OptimiserOptions, optimiserFeeds, optimiserStep } from './optimiser.ts';
import { initialStates } from './step.ts';

const adam: OptimiserOptions = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };

/** Adam as its authors write it (Kingma and Ba 2015, algorithm 1), clipped by the norm of the whole gradient. */
function scalarAdam(start: readonly number[], rate: number, decay: number, options: OptimiserOptions) {
  const { beta1, beta2, epsilon, clipNorm } = options;
  const w = [...start];
  const average = [...start];
  const m = start.map(() => 0);
  const v = start.map(() => 0);
  let t = 0;
  return {
    w,
    average,
    m,
    v,
    step(gradient: readonly number[], movesAverage: boolean): void {
      t++;
      const norm = Math.hypot(...gradient);
      const scale = clipNorm === 'none' ? 1 : Math.min(1, clipNorm / (norm + 1e-6));
      gradient.forEach((slope, i) => {
        const g = slope * scale;
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        const corrected = m[i] / (1 - beta1 ** t) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilon);
        w[i] -= rate * corrected;
        if (movesAverage) average[i] = decay * average[i] + (1 - decay) * w[i];
      });
    },
  };
}

const start = [0.5, -0.25, 2];
/** Small and large, so that clipping acts on some steps and not on others. */
const slopes = [
  [0.1, -0.2, 0.05],
  [3, 4, -12],
  [0, 0.3, 0.1],
  [-1, 0.01, 0.5],
  [5, 5, 5],
  [-0.3, 0.2, 0],
  [0.7, -0.6, 2],
  [0.01, 0.02, -0.03],
];

/** The states after each step of the graph's Adam on two weights, of 2 and 1 elements, with these gradients. */
async function run(options: OptimiserOptions, rate: number, averageRates: readonly number[]) {
  const weights = new Map([
    ['a', state('a', [2])],
    ['b', state('b', [1])],
  ]);
  const { updates, gradientNorm } = optimiserStep(weights, [feed('da', [2]), feed('db', [1])], options);
  const executable = await createReferenceRuntime().load(
    { step: createProgram('step', { gradientNorm }, updates) },
    initialStates({ a: tensor([2], start.slice(0, 2)), b: tensor([1], start.slice(2)) }, 1),
  );
  const steps: { norm: number; read: (prefix: string) => number[] }[] = [];
  for (const [i, slope] of slopes.entries()) {
    const result = await executable.run('step', {
      da: tensor([2], slope.slice(0, 2)),
      db: tensor([1], slope.slice(2)),
      ...optimiserFeeds(i + 1, rate, averageRates[i], options),
    });
    const states = await executable.readStates();
    steps.push({
      norm: result.gradientNorm.data[0],
      read: (prefix) => [...states[`${prefix}a`].data, ...states[`${prefix}b`].data],
    });
  }
  return steps;
}

describe('Adam', () => {
  for (const clipNorm of [1, 'none'] as const) {
    test(`eight steps by hand, clipped by ${clipNorm}`, async () => {
      const options = { ...adam, clipNorm };
      const rate = 0.1;
      // The average does not move in two of the steps.
      const moves = [true, false, true, true, false, true, true, false];
      const steps = await run(
        options,
        rate,
        moves.map((moving) => (moving ? 1 - 0.75 : 0)),
      );
      const byHand = scalarAdam(start, rate, 0.75, options);
      slopes.forEach((slope, i) => {
        byHand.step(slope, moves[i]);
        const close = (given: readonly number[], wanted: readonly number[], what: string): void =>
          given.forEach((value, k) => {
            const error = Math.abs(value - wanted[k]) / Math.max(1, Math.abs(wanted[k]));
            assert.ok(error < 1e-6, `${what} after step ${i + 1}: ${value} and ${wanted[k]}`);
          });
        close([steps[i].norm], [Math.hypot(...slope)], 'norm');
        close(steps[i].read(''), byHand.w, 'weight');
        close(steps[i].read('adam.m/'), byHand.m, 'first moment');
        close(steps[i].read('adam.v/'), byHand.v, 'second moment');
        close(steps[i].read('ema/'), byHand.average, 'average');
      });
    });
  }

  test('an average rate of 0 does not change the average, bit for bit', async () => {
    const steps = await run(adam, 0.1, new Array(8).fill(0));
    for (const { read } of steps) assert.deepEqual(read('ema/'), start);
    assert.notDeepEqual(steps[7].read(''), start);
  });

  test('a weight with a share of the rate moves by that share, and the others as before', async () => {
    const weights = new Map([
      ['a', state('a', [1])],
      ['b', state('b', [1])],
    ]);
    const gradients = [feed('da', [1]), feed('db', [1])];
    const { updates } = optimiserStep(weights, gradients, adam, undefined, (weight) => (weight === 'a' ? 0.25 : 1));
    const executable = await createReferenceRuntime().load(
      { step: createProgram('step', {}, updates) },
      initialStates({ a: tensor([1], [1]), b: tensor([1], [1]) }, 1),
    );
    const slope = tensor([1], [0.3]);
    await executable.run('step', { da: slope, db: slope, ...optimiserFeeds(1, 0.1, 0.5, adam) });
    const { a, b } = await executable.readStates();
    assert.ok(Math.abs(1 - b.data[0] - 0.1) < 1e-6);
    assert.ok(Math.abs(1 - a.data[0] - 0.025) < 1e-6);
  });

  test('a gradient of zeros moves nothing, and divides nothing by zero', async () => {
    const weights = new Map([['a', state('a', [2])]]);
    const { updates } = optimiserStep(weights, [feed('da', [2])], adam);
    const executable = await createReferenceRuntime().load(
      { step: createProgram('step', {}, updates) },
      initialStates({ a: tensor([2], [1, -2]) }, 1),
    );
    await executable.run('step', { da: tensor([2], [0, 0]), ...optimiserFeeds(1, 0.1, 0.5, adam) });
    assert.deepEqual([...(await executable.readStates()).a.data], [1, -2]);
  });
});

describe('RAdam', () => {
  test('eight steps of PyTorch, the first five not rectified', async () => {
    // torch.optim.RAdam([a, b], lr=0.1, betas=(0.9, beta2), eps=1e-3) of PyTorch 1.13.0 in float64, with the slopes above.
    const early = [
      [0.49, -0.23, 1.995],
      [0.327368421053, -0.431052631579, 2.62421052632],
      [0.224748494853, -0.568986210915, 3.01755000971],
      [0.181046837395, -0.667101942232, 3.28197426095],
      [0.0259197342716, -0.863355513573, 3.3597304818],
    ];
    const golden: Readonly<Record<number, readonly number[][]>> = {
      0.99: [
        ...early,
        [0.0220355968824, -0.868286269096, 3.36067533508],
        [0.0171347052098, -0.873251764638, 3.36090825886],
        [0.0119992029652, -0.878463548956, 3.36116586712],
      ],
      0.999: [
        ...early,
        [0.0246924284325, -0.864911325362, 3.36002725251],
        [0.0231490738191, -0.866472718005, 3.36010018716],
        [0.0215359865842, -0.868107350606, 3.36018064396],
      ],
    };
    for (const [beta2, wanted] of Object.entries(golden)) {
      const options = { ...adam, kind: 'radam', beta2: Number(beta2), epsilon: 1e-3, clipNorm: 'none' } as const;
      const steps = await run(options, 0.1, new Array(8).fill(0));
      steps.forEach(({ read }, i) => {
        read('').forEach((value, k) => {
          const error = Math.abs(value - wanted[i][k]);
          assert.ok(error < 1e-6, `weight ${k} after step ${i + 1}: ${value} and ${wanted[i][k]}`);
        });
      });
    }
  });

  test('with a short second moment it never rectifies: only momentum moves the weights', () => {
    for (const step of [1, 10, 10_000]) {
      const feeds = optimiserFeeds(step, 0.1, 0, { ...adam, kind: 'radam', beta2: 0.6 });
      assert.deepEqual([feeds.secondCorrection.data[0], feeds.epsilon.data[0]], [0, 1]);
    }
  });

  test('after many steps it is Adam', () => {
    const [one, other] = (['adam', 'radam'] as const).map((kind) => optimiserFeeds(100_000, 0.1, 0, { ...adam, kind }));
    for (const name of Object.keys(one)) {
      assert.ok(Math.abs(other[name].data[0] - one[name].data[0]) <= 1e-6 * one[name].data[0], name);
    }
  });
});

test('for either, separate or not, the whole update becomes passes: only norms stay in the graph', () => {
  for (const optimiserOf of [() => 'all', (name: string) => name]) {
    const weights = new Map(['a', 'b'].map((name) => [name, state(name, [3])]));
    const { updates } = optimiserStep(weights, [feed('da', [3]), feed('db', [3])], adam, optimiserOf);
    const { rest, passes } = splitProgram(createProgram('step', {}, updates));
    assert.deepEqual(passes.flatMap(({ states }) => states).sort(), Object.keys(updates).sort());
    assert.deepEqual(rest?.updates, {});
    for (const { numbers } of passes) {
      const fed = numbers.filter(({ of }) => of === 'feed').map(({ name }) => name);
      assert.deepEqual(fed.sort(), ['averageRate', 'epsilon', 'secondCorrection', 'stepSize']);
    }
  }
});
