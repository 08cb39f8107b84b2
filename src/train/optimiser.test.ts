/** The optimisers on the reference runtime: Adam by hand, RAdam compared with PyTorch, clipping, the moving average. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { feed, state } from '../graph/build.ts';
import { splitProgram } from '../graph/elementwise.ts';
import { createProgram } from '../graph/program.ts';
import { tensor } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Runtime } from '../runtime/runtime.ts';
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

describe('AdamW', () => {
  const adamw = { ...adam, kind: 'adamw', weightDecay: 0.3 } as const;
  const kernel = [0.5, -0.25, 2, 1];

  /** Steps of one weight, at a rate of each step's own; returns the weight and its moments after each. */
  async function runWeight(
    shape: readonly number[],
    rates: readonly number[],
    options: OptimiserOptions,
    runtime: Runtime = createReferenceRuntime(),
  ) {
    const { updates } = optimiserStep(new Map([['w', state('w', shape)]]), [feed('dw', shape)], options);
    const program = createProgram('step', {}, updates);
    const executable = await runtime.load({ step: program }, initialStates({ w: tensor(shape, kernel) }, 1));
    const steps: Record<string, number[]>[] = [];
    for (const [i, rate] of rates.entries()) {
      // A weight that is not decayed, alone in a program, has no feed for it.
      const fed = Object.entries(optimiserFeeds(i + 1, rate, 0.25, options)).filter(([name]) => name in program.feeds);
      await executable.run('step', { dw: tensor(shape, gradients[i]), ...Object.fromEntries(fed) });
      const states = await executable.readStates();
      steps.push(Object.fromEntries(Object.entries(states).map(([name, { data }]) => [name, [...data]])));
    }
    await executable.release();
    return steps;
  }

  const gradients = [
    [0.3, -1.2, 0.1, 0],
    [-0.7, 0.4, 0.2, 0],
    [2, 1.5, -0.6, 0],
    [0.05, -0.1, 0.9, 0],
    [-0.3, 0.2, 0.4, 0],
  ];
  const rates = [0.1, 0.08, 0.05, 0.02, 0.01];

  test('five steps by hand (Loshchilov and Hutter 2019, algorithm 2), with a rate that falls', async () => {
    const steps = await runWeight([2, 2], rates, adamw);
    const { beta1, beta2, epsilon, weightDecay } = adamw;
    const w = [...kernel];
    const [m, v] = [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ];
    rates.forEach((rate, i) => {
      const scale = Math.min(1, 1 / (Math.hypot(...gradients[i]) + 1e-6));
      for (let k = 0; k < 4; k++) {
        const g = gradients[i][k] * scale;
        m[k] = beta1 * m[k] + (1 - beta1) * g;
        v[k] = beta2 * v[k] + (1 - beta2) * g * g;
        const corrected = m[k] / (1 - beta1 ** (i + 1)) / (Math.sqrt(v[k] / (1 - beta2 ** (i + 1))) + epsilon);
        w[k] -= rate * (corrected + weightDecay * w[k]);
        for (const [what, given, wanted] of [
          ['weight', steps[i].w[k], w[k]],
          ['first moment', steps[i]['adam.m/w'][k], m[k]],
          ['second moment', steps[i]['adam.v/w'][k], v[k]],
        ] as const) {
          assert.ok(Math.abs(given - wanted) < 1e-6, `${what} ${k} after step ${i + 1}: ${given} and ${wanted}`);
        }
      }
    });
    // Without a gradient a weight only shrinks.
    const shrunk = rates.reduce((value, rate) => value * (1 - rate * weightDecay), 1);
    assert.ok(Math.abs(steps[4].w[3] - shrunk) < 1e-6);
  });

  test('the passes of the CPU compute the same', async () => {
    const cpu = openRuntime('cpu');
    const [given, wanted] = [await runWeight([2, 2], rates, adamw, cpu), await runWeight([2, 2], rates, adamw)];
    await cpu.close();
    for (const [i, states] of wanted.entries()) {
      for (const [name, values] of Object.entries(states)) {
        for (const [k, value] of values.entries()) {
          assert.ok(Math.abs(given[i][name][k] - value) < 1e-6, `${name} after step ${i + 1}`);
        }
      }
    }
  });

  test('a decay of 0 is Adam, bit for bit', async () => {
    assert.deepEqual(
      await runWeight([2, 2], rates, { ...adamw, weightDecay: 0 }),
      await runWeight([2, 2], rates, adam),
    );
  });

  test('biases, gains and scales of channels are not decayed: they learn as with Adam', async () => {
    for (const shape of [[4], [1, 4, 1, 1], [4, 1, 1]]) {
      assert.deepEqual(await runWeight(shape, rates, adamw), await runWeight(shape, rates, adam), `${shape}`);
    }
    assert.notDeepEqual(await runWeight([4, 1, 1, 1], rates, adam), await runWeight([2, 2], rates, adamw));
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

test('for any, separate or not, the whole update becomes passes: only norms stay in the graph', () => {
  const decaying = { ...adam, kind: 'adamw', weightDecay: 0.01 } as const;
  for (const options of [adam, decaying]) {
    for (const optimiserOf of [() => 'all', (name: string) => name]) {
      const weights = new Map(['a', 'b'].map((name) => [name, state(name, [3, 3])]));
      const { updates } = optimiserStep(weights, [feed('da', [3, 3]), feed('db', [3, 3])], options, optimiserOf);
      const { rest, passes } = splitProgram(createProgram('step', {}, updates));
      assert.deepEqual(passes.flatMap(({ states }) => states).sort(), Object.keys(updates).sort());
      assert.deepEqual(rest?.updates, {});
      const wanted = Object.keys(optimiserFeeds(1, 0.1, 0.5, options)).sort();
      assert.equal(wanted.includes('decay'), options.kind === 'adamw');
      for (const { numbers } of passes) {
        const fed = numbers.filter(({ of }) => of === 'feed').map(({ name }) => name);
        assert.deepEqual(fed.sort(), wanted);
      }
    }
  }
});
