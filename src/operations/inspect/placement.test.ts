import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime } from '../../adapters/node/ort/open-runtime.ts';
import { modelConfig } from '../../model/config.ts';
import { modelParameters } from '../../model/networks.ts';
import { initialWeights } from '../../nn/parameters.ts';
import { placeOperators } from './placement.ts';
import { fittingSize } from './size.ts';

const config = modelConfig({
  networks: 'two',
  objective: 'residual-noise',
  unet: { dim: 8, multipliers: [1, 2], groups: 4 },
});
const weights = initialWeights(modelParameters(config), 1);

test('placement lists every node of the program once', async () => {
  for (const [device, provider] of [
    ['cpu', 'CPUExecutionProvider'],
    ['reference', 'reference'],
  ] as const) {
    const runtime = openRuntime(device);
    const { operators, states } = await placeOperators(
      { config, weights },
      { height: 8, width: 8 },
      runtime,
      'inference',
    );
    await runtime.close();
    assert.ok(operators.length > 5);
    assert.deepEqual([...new Set(operators.map((row) => row.provider))], [provider]);
    assert.equal(new Set(operators.map(({ operator }) => operator)).size, operators.length);
    assert.deepEqual(states, []);
  }
});

test('placement of training includes the optimiser, and says where the states are', async () => {
  // Without weights, since they do not affect where an operator runs.
  const { operators, states } = await placeOperators(
    { config },
    { height: 4, width: 4 },
    openRuntime('reference'),
    'training',
  );
  const count = Object.keys(weights).length;
  const bytes = Object.values(weights).reduce((sum, { data }) => sum + data.byteLength, 0);
  assert.deepEqual(states, [{ memory: 'host', tensors: 4 * count, bytes: 4 * bytes }]);
  const nodesOf = (name: string): number => operators.find(({ operator }) => operator === name)?.nodes ?? 0;
  // Adam divides by the root of each second moment, and clipping is one division.
  assert.ok(nodesOf('sqrt') > count && nodesOf('divide') > count);
  assert.ok(nodesOf('conv2dWeightGradient') >= nodesOf('conv2dInputGradient'));
  assert.equal(nodesOf('minimum'), 1);
});

test('sizes are rounded up to what the network needs', () => {
  assert.deepEqual(fittingSize(modelConfig({}), { height: 1, width: 800 }), { height: 8, width: 800 });
});
