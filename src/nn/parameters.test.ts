import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOp } from '../graph/node.ts';
import { filled } from '../math/tensor.ts';
import {
  constantParameters,
  initialWeights,
  type ParameterSpec,
  recordParameters,
  scoped,
  stateParameters,
} from './parameters.ts';

const uniform = (...shape: number[]): ParameterSpec => ({ shape, initialisation: { uniform: 0.25 } });

describe('initialWeights', () => {
  const specs = { first: uniform(50, 20), second: uniform(50, 20), gain: { shape: [3], initialisation: { value: 1 } } };

  test('are a function of only the seed and the name', () => {
    const weights = initialWeights(specs, 7);
    assert.deepEqual(initialWeights(specs, 7), weights);
    assert.deepEqual(initialWeights({ zeroth: uniform(4), second: specs.second }, 7).second, weights.second);
    assert.notDeepEqual(initialWeights(specs, 8).first.data, weights.first.data);
    assert.notDeepEqual(weights.first.data, weights.second.data);
  });

  test('are uniform in ± bound', () => {
    const values = [...initialWeights(specs, 7).first.data];
    assert.ok(values.every((value) => value >= -0.25 && value < 0.25));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    assert.ok(Math.abs(mean) < 0.02, `mean ${mean}`);
    assert.ok(Math.abs(variance / (0.25 ** 2 / 3) - 1) < 0.1, `variance ${variance}`);
  });

  test('are one value if the layer says so', () => {
    assert.deepEqual([...initialWeights(specs, 7).gain.data], [1, 1, 1]);
  });

  test('keep their known values: a change would make every seed another network', () => {
    const { first } = initialWeights(specs, 7);
    const shown = [...first.data.slice(0, 3)].map((value) => value.toFixed(6));
    assert.deepEqual(shown, ['-0.229601', '-0.185251', '-0.162024']);
  });
});

describe('where weights come from', () => {
  const start = { value: 0 };

  test('states: asking twice gives the same node', () => {
    const { parameters, nodes } = stateParameters();
    const weight = parameters('weight', [2], start);
    assert.equal(parameters('weight', [2], start), weight);
    assert.ok(isOp(weight, 'input') && weight.attributes.role === 'state');
    assert.deepEqual([...nodes.keys()], ['weight']);
  });

  test('constants: refused if one is missing or of another shape', () => {
    const parameters = constantParameters({ bias: filled([2], 1) });
    assert.ok(isOp(parameters('bias', [2], start), 'constant'));
    assert.throws(() => parameters('weight', [2, 3], start), {
      name: 'RddmError',
      message: 'network: expected a weight "weight" of 2x3, got none',
    });
    assert.throws(() => parameters('bias', [3], start), {
      name: 'RddmError',
      message: 'network: expected "bias" of 3, got 2',
    });
  });

  test('a recorder: names with their prefixes, in the order of requests', () => {
    const specs = recordParameters((parameters) => {
      const level = scoped(scoped(parameters, 'downs.0'), '3');
      level('weight', [2, 3], { uniform: 1 });
      level('bias', [2], start);
    });
    assert.deepEqual(Object.entries(specs), [
      ['downs.0.3.weight', { shape: [2, 3], initialisation: { uniform: 1 } }],
      ['downs.0.3.bias', { shape: [2], initialisation: start }],
    ]);
  });
});
