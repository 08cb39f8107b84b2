/** Compares layers with their plain formulas, in float64. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomInputs } from '../../test/support/gradient-checks.ts';
import { add, concat, conv2d, feed, multiply, reshape, slice, split } from '../graph/build.ts';
import { evaluateExactly, type Value } from '../graph/evaluate.ts';
import { type Node, topologicalOrder } from '../graph/node.ts';
import { elementCount } from '../math/shape.ts';
import { attention } from './attention.ts';
import { channelLayerNorm, convolution, groupNorm, linear } from './layers.ts';
import { stateParameters } from './parameters.ts';

/** The values of nodes with random inputs, and those inputs by name. */
function evaluated(...nodes: Node[]): { values: Value[]; inputs: Map<string, Value> } {
  const inputs = randomInputs(nodes);
  return { values: evaluateExactly(nodes, inputs), inputs };
}

function assertClose(given: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  assert.equal(given.length, wanted.length);
  for (let i = 0; i < given.length; i++) {
    assert.ok(Math.abs(given[i] - wanted[i]) <= tolerance, `${given[i]} instead of ${wanted[i]} at ${i}`);
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number => mean(values.map((value) => (value - mean(values)) ** 2));

describe('groupNorm', () => {
  const shape = [2, 6, 2, 3];
  const x = feed('x', shape);

  test('is the plain formula', () => {
    const { values, inputs } = evaluated(groupNorm(x, 3, stateParameters().parameters));
    const of = (name: string) => (inputs.get(name) as Value).data;
    const wanted = Float64Array.from({ length: 72 }, (_, i) => {
      const group = Math.floor(i / 12);
      const channel = Math.floor(i / 6) % 6;
      const members = [...of('x').slice(group * 12, (group + 1) * 12)];
      const normal = (of('x')[i] - mean(members)) / Math.sqrt(variance(members) + 1e-5);
      return normal * of('weight')[channel] + of('bias')[channel];
    });
    assertClose(values[0].data, wanted, 1e-12);
  });

  test('with the scale and shift of time: the same as normalising, then modulating', () => {
    const [scale, shift] = split(reshape(feed('moments', [2, 12]), [2, 12, 1, 1]), 1, 2);
    const { parameters } = stateParameters();
    const { values } = evaluated(
      groupNorm(x, 3, parameters, { time: { scale, shift } }),
      add(multiply(groupNorm(x, 3, parameters), add(scale, 1)), shift),
    );
    assertClose(values[0].data, values[1].data, 1e-12);
  });
});

test('channelLayerNorm is the plain formula', () => {
  const { values, inputs } = evaluated(channelLayerNorm(feed('x', [2, 4, 1, 3]), stateParameters().parameters));
  const of = (name: string) => (inputs.get(name) as Value).data;
  const wanted = Float64Array.from({ length: 24 }, (_, i) => {
    const [n, channel, pixel] = [Math.floor(i / 12), Math.floor(i / 3) % 4, i % 3];
    const members = [0, 1, 2, 3].map((c) => of('x')[n * 12 + c * 3 + pixel]);
    return ((of('x')[i] - mean(members)) / Math.sqrt(variance(members) + 1e-5)) * of('g')[channel];
  });
  // The graph's epsilon is a float32.
  assertClose(values[0].data, wanted, 1e-9);
});

test('linear is x Wᵀ + b', () => {
  const { values, inputs } = evaluated(linear(feed('x', [2, 3]), 4, stateParameters().parameters));
  const of = (name: string) => (inputs.get(name) as Value).data;
  const wanted = Float64Array.from({ length: 8 }, (_, i) => {
    const [n, o] = [Math.floor(i / 4), i % 4];
    return [0, 1, 2].reduce((total, k) => total + of('x')[n * 3 + k] * of('weight')[o * 3 + k], of('bias')[o]);
  });
  assertClose(values[0].data, wanted, 1e-12);
});

describe('convolution', () => {
  const options = { outChannels: 3, kernel: 3, stride: 1, padding: 1 } as const;
  const x = feed('x', [1, 2, 4, 4]);

  test('standardised weights: scale and offset of a kernel do not matter', () => {
    const { parameters, nodes } = stateParameters();
    const y = convolution(x, { ...options, weights: 'standardised' }, parameters);
    const { values, inputs } = evaluated(y);
    const weight = inputs.get('weight') as Value;
    const other = new Map(inputs).set('weight', { ...weight, data: weight.data.map((value) => 1000 * value + 3) });
    assertClose(values[0].data, evaluateExactly([y], other)[0].data, 1e-3);
    assert.deepEqual([...nodes.keys()], ['weight', 'bias']);
  });

  test('depthwise: every channel separately', () => {
    const { parameters, nodes } = stateParameters();
    const y = convolution(x, { ...options, outChannels: 2, groups: 2 }, parameters);
    assert.deepEqual(nodes.get('weight')?.shape, [2, 1, 3, 3]);
    const [weight, bias] = ['weight', 'bias'].map((name) => nodes.get(name) as Node);
    const one = (channel: number): Node => {
      const own = (node: Node, axis: number): Node => slice(node, axis, channel, channel + 1);
      return conv2d(own(x, 1), own(weight, 0), { stride: 1, padding: 1 }, own(bias, 0));
    };
    const { values } = evaluated(y, concat([one(0), one(1)], 1));
    assertClose(values[0].data, values[1].data, 1e-12);
    assert.throws(
      () => convolution(x, { ...options, groups: 3 }, parameters),
      /^RddmError: convolution: expected channels divisible by 3 groups, got 2$/,
    );
  });

  test('plain weights and bias are used unchanged: twice both gives twice the output', () => {
    const { parameters, nodes } = stateParameters();
    const y = convolution(x, options, parameters);
    const { values, inputs } = evaluated(y);
    const doubled = new Map(inputs);
    for (const name of ['weight', 'bias']) {
      const value = inputs.get(name) as Value;
      doubled.set(name, { ...value, data: value.data.map((one) => 2 * one) });
    }
    assertClose(
      evaluateExactly([y], doubled)[0].data,
      values[0].data.map((value) => 2 * value),
      1e-12,
    );
    assert.deepEqual([...nodes.keys()], ['weight', 'bias']);
  });
});

describe('attention', () => {
  const x = feed('x', [2, 3, 3, 5]);
  const pixels = 15;

  for (const [rows, scores] of [
    [1, 1],
    [4, 4 * pixels],
    [7, 7 * pixels + 3],
    [14, 14 * pixels],
  ]) {
    test(`full, in chunks of ${rows} of ${pixels} rows: the same bits`, () => {
      const { parameters } = stateParameters();
      const { values } = evaluated(
        attention(x, 'full', parameters),
        attention(x, 'full', parameters, { largestScores: scores }),
      );
      assert.deepEqual(values[1].data, values[0].data);
      const chunks = topologicalOrder([attention(x, 'full', parameters, { largestScores: scores })]).filter(
        ({ op }) => op === 'softmax',
      );
      assert.equal(chunks.length, Math.ceil(pixels / rows));
    });
  }

  test('linear: the order of the products does not matter', () => {
    const { parameters, nodes } = stateParameters();
    const y = attention(x, 'linear', parameters);
    const names = [...nodes.keys()];
    const { values } = evaluated(y, attention(x, 'linear', parameters, { order: 'as-written' }));
    assert.deepEqual([...nodes.keys()], names);
    assertClose(values[1].data, values[0].data, 1e-7);
    // Per image, only queries and keys have 128 channels per pixel.
    const wide = (node: Node): number =>
      topologicalOrder([node]).filter(({ op, shape }) => op === 'matmul' && elementCount(shape) === 2 * 128 * pixels)
        .length;
    assert.equal(wide(y), 2);
  });

  test('full: softmax(q·k / √32)·v of every head, projected, added to its input', () => {
    const small = feed('x', [1, 2, 1, 3]);
    const { parameters } = stateParameters();
    const normal = channelLayerNorm(small, (name, shape, start) => parameters(`fn.norm.${name}`, shape, start));
    const { values, inputs } = evaluated(attention(small, 'full', parameters), normal);
    const of = (name: string) => (inputs.get(name) as Value).data;
    const [y, seen] = values.map(({ data }) => data);
    const qkv = (row: number, pixel: number): number =>
      [0, 1].reduce((total, c) => total + of('fn.fn.to_qkv.weight')[row * 2 + c] * seen[c * 3 + pixel], 0);
    const at = [0, 1, 2];
    const wanted = [0, 1].flatMap((channel) =>
      at.map((pixel) => {
        let total = of('x')[channel * 3 + pixel] + of('fn.fn.to_out.bias')[channel];
        for (let head = 0; head < 4; head++) {
          const scores = at.map((other) => {
            let score = 0;
            for (let i = 0; i < 32; i++) score += qkv(head * 32 + i, pixel) * qkv(128 + head * 32 + i, other);
            return Math.exp(score / Math.sqrt(32));
          });
          const sum = scores.reduce((a, b) => a + b, 0);
          for (let i = 0; i < 32; i++) {
            const value = at.reduce((v, other) => v + (scores[other] / sum) * qkv(256 + head * 32 + i, other), 0);
            total += of('fn.fn.to_out.weight')[channel * 128 + head * 32 + i] * value;
          }
        }
        return total;
      }),
    );
    // 1/√32 is a float32 in the graph.
    assertClose(y, wanted, 1e-4);
  });
});
