import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRandom } from '../src/math/random.ts';
import { type ConvolutionCosts, convolutionCost, convolutionSides } from '../src/onnx/convolution-cost.ts';
import { measuredCosts } from '../src/onnx/convolution-costs.ts';
import { costFile } from './cost-file.ts';
import { bestOf, fitCosts, fitRelative, judge, regret, type Timing } from './cost-fit.ts';
import { costGrid } from './cost-grid.ts';

const known: ConvolutionCosts = {
  direct: {
    result: 0.01,
    'result of a constant kernel': 0.008,
    image: 0.011,
    kernel: 0.013,
    pixels: 1.5,
    turnedKernels: 2.5,
  },
  winograd: { product: 0.012, windows: 1.2, results: 0.9, farResults: 1.1, kernels: 0.5, constantKernels: 0.1 },
};

/** The timings of the grid if these costs were exact, each off by up to a share of itself. */
function timingsOf(costs: ConvolutionCosts, noise = 0): Timing[] {
  const { uniform } = createRandom(1, ['noise']);
  const off = (): number => 1 + noise * (2 * uniform() - 1);
  return costGrid.map(({ side, sizes }) => {
    const { direct, winograd } = convolutionCost(costs, side, sizes);
    return { side, sizes, seconds: { direct: (direct / 1e9) * off(), winograd: (winograd / 1e9) * off() } };
  });
}

/** Compares each cost with the true one. */
const pairs = (fitted: ConvolutionCosts, wanted: ConvolutionCosts): [number, number][] =>
  (['direct', 'winograd'] as const).flatMap((form) => {
    const of: Readonly<Record<string, number>> = fitted[form];
    return Object.entries(wanted[form]).map(([kind, cost]): [number, number] => [of[kind], cost]);
  });

describe('fitting', () => {
  test('finds the costs that timings were made with', () => {
    for (const [fitted, cost] of pairs(fitCosts(timingsOf(known)), known)) {
      assert.ok(Math.abs(fitted / cost - 1) < 1e-3, `${fitted} for ${cost}`);
    }
  });

  test('predicts from timings that are each off by a tenth', () => {
    const exact = timingsOf(known);
    for (const [i, { predicted }] of judge(fitCosts(timingsOf(known, 0.1)), exact).entries()) {
      for (const form of ['direct', 'winograd'] as const) {
        const error = Math.abs(predicted[form] / exact[i].seconds[form] - 1);
        assert.ok(error < 0.1, `${form} of ${exact[i].side} ${exact[i].sizes.image}: off by ${error}`);
      }
    }
  });

  test('gives no coefficient below 0, and fits the others accordingly', () => {
    // Without a bound: 2 and −1. With the second at 0 the first minimises (c − 1)² + (c/2 − 1)².
    const fitted = fitRelative(
      [
        [1, 1],
        [2, 0],
      ],
      [1, 4],
    );
    assert.equal(fitted[1], 0);
    assert.ok(Math.abs(fitted[0] - 1.2) < 1e-9, String(fitted));
  });

  test('weighs relative errors: a large value does not drown a small one', () => {
    const [cost] = fitRelative([[1], [1000]], [1, 2000]);
    // (c − 1)² + (c/2 − 1)², whose minimum is at 1.2; with absolute errors it would be near 2.
    assert.ok(Math.abs(cost - 1.2) < 1e-9, String(cost));
  });

  test('leaves a kind that never occurs at 0', () => {
    assert.deepEqual(
      fitRelative(
        [
          [2, 0],
          [4, 0],
        ],
        [6, 12],
      ).map((value) => Math.round(value * 1e6) / 1e6),
      [3, 0],
    );
  });
});

describe('the best of several passes', () => {
  const [first, second] = timingsOf(known);
  const taking = (timing: Timing, direct: number, winograd: number): Timing => ({
    ...timing,
    seconds: { direct, winograd },
  });

  test('is taken for each form separately', () => {
    const best = bestOf([
      [taking(first, 1, 5), taking(second, 7, 7)],
      [taking(first, 2, 4), taking(second, 8, 6)],
    ]);
    assert.deepEqual(best, [taking(first, 1, 4), taking(second, 7, 6)]);
  });

  test('needs the same cases', () => {
    assert.throws(() => bestOf([[first], [second]]), {
      name: 'RddmError',
      message: 'costs: expected timings of the same cases, got others; measure them again',
    });
  });
});

describe('judging', () => {
  const [first] = timingsOf(known);
  const slow = { direct: { ...known.direct, pixels: 1e6 }, winograd: known.winograd };

  test('says what was chosen and what that cost', () => {
    const timing = { ...first, seconds: { direct: 1, winograd: 3 } };
    const [row] = judge(slow, [timing]);
    assert.equal(row.chosen, 'winograd');
    assert.equal(row.lost, 2);
    assert.equal(judge(slow, [{ ...first, seconds: { direct: 3, winograd: 1 } }])[0].lost, 0);
  });

  test('regret is lost time as a share of the least possible', () => {
    const timings = [
      { ...first, seconds: { direct: 1, winograd: 3 } },
      { ...first, seconds: { direct: 5, winograd: 3 } },
    ];
    assert.equal(
      regret(timings, () => 'direct'),
      6 / 4 - 1,
    );
    assert.equal(
      regret(timings, ({ seconds }) => (seconds.direct < seconds.winograd ? 'direct' : 'winograd')),
      0,
    );
  });
});

test('every side is timed at every size, doubled and not', () => {
  for (const side of convolutionSides) {
    const cases = costGrid.filter((one) => one.side === side);
    assert.equal(cases.length, costGrid.length / convolutionSides.length);
    assert.ok(cases.some(({ sizes }) => sizes.upsampled) && cases.some(({ sizes }) => !sizes.upsampled));
  }
});

test('the file in the sources was written by the command, and is formatted', () => {
  const path = fileURLToPath(new URL('../src/onnx/convolution-costs.ts', import.meta.url));
  const text = readFileSync(path, 'utf8');
  const measured = / \* (.+, \d{4}-\d{2}-\d{2}\.)\n/.exec(text)?.[1];
  assert.ok(measured, 'the opening comment has machine and date');
  assert.equal(costFile(measuredCosts, measured), text);
});
