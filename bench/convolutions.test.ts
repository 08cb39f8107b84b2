import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constant } from '../src/graph/build.ts';
import { evaluate } from '../src/graph/evaluate.ts';
import { normalTensor } from '../src/math/random.ts';
import { largestDifference } from '../src/math/tensor.ts';
import { modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { BROWSER_TOLERANCE } from './compare-outputs.ts';
import { convolutionLayers, convolutionStack, convolutionWeights } from './convolutions.ts';

test("the layers are those of the network's encoder", () => {
  const model = modelConfig({ unet: { dim: 16, multipliers: [1, 2, 4] } });
  const parameters = modelParameters(model);
  const layers = convolutionLayers(model);
  for (const { name, shape } of layers) {
    const spec = parameters[`unet0.${name}.weight`] ?? parameters[`unet0.${name}.proj.weight`];
    assert.deepEqual(shape, spec?.shape, name);
  }
  const isOnTheWay = /^unet0\.(init_conv|downs\.\d\.([01]\.block\d\.proj|3))\.weight$/;
  assert.equal(layers.length, Object.keys(parameters).filter((name) => isOnTheWay.test(name)).length);
});

test('an error in the first layer shows after the last', () => {
  const layers = convolutionLayers(modelConfig({ unet: { dim: 8, multipliers: [1, 2] } }));
  const weights = convolutionWeights(layers, 1);
  const x = constant(normalTensor([1, 6, 8, 8], 1, ['x']));
  const [y] = evaluate([convolutionStack(x, layers, (name) => constant(weights[name]))]);
  const first = `${layers[0].name}.weight`;
  const changed = { ...weights[first], data: weights[first].data.map((value, i) => (i % 49 === 0 ? 0 : value)) };
  const [other] = evaluate([convolutionStack(x, layers, (name) => constant(name === first ? changed : weights[name]))]);
  const largest = y.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = largestDifference(y, other) / largest;
  assert.ok(difference > 20 * BROWSER_TOLERANCE, `${difference}`);
});
