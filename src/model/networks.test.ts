/** The inputs and predictions of a model's networks, in each form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { topologicalOrder } from '../graph/node.ts';
import { recordParameters, stateParameters } from '../nn/parameters.ts';
import { type ModelConfigInput, modelConfig } from './config.ts';
import { modelParameters, networkFeeds, networks } from './networks.ts';

const unet = { dim: 8, multipliers: [1, 2], groups: 4 };
const build = (fields: ModelConfigInput) => {
  const config = modelConfig({ unet, ...fields });
  return networks(config, networkFeeds(config, 2, 4, 6), stateParameters().parameters);
};
const prefixes = (fields: ModelConfigInput): Set<string> =>
  new Set(Object.keys(modelParameters(modelConfig({ unet, ...fields }))).map((name) => name.split('.')[0]));
const both = { objective: 'residual-noise' } as const;

describe('what is predicted', () => {
  const forms: Readonly<Record<string, readonly [fields: ModelConfigInput, predicted: readonly string[]]>> = {
    'the residual': [{}, ['residual']],
    'the noise': [{ objective: 'noise' }, ['noise']],
    'both by one network': [both, ['residual', 'noise']],
    'both by two networks': [{ ...both, networks: 'two' }, ['residual', 'noise']],
    'both by one encoder with two decoders': [{ ...both, networks: 'shared-encoder' }, ['residual', 'noise']],
  };
  for (const [name, [fields, predicted]] of Object.entries(forms)) {
    test(name, () => {
      const outputs = build(fields);
      assert.deepEqual(Object.keys(outputs), predicted);
      for (const node of Object.values(outputs)) assert.deepEqual(node.shape, [2, 3, 4, 6]);
    });
  }
});

test('a second decoder that predicts the noise itself is used unchanged', () => {
  const shared = { ...both, networks: 'shared-encoder' } as const;
  assert.equal(build(shared).noise?.op, 'subtract');
  assert.equal(build({ ...shared, secondDecoder: 'noise' }).noise?.op, 'conv2d');
});

test("weights have the reference's names", () => {
  assert.deepEqual(prefixes({}), new Set(['unet0']));
  assert.deepEqual(prefixes({ objective: 'noise' }), new Set(['unet0']));
  assert.deepEqual(prefixes({ ...both, networks: 'two' }), new Set(['unet0', 'unet1']));
  assert.ok(prefixes({ ...both, networks: 'shared-encoder' }).has('ups_no_skip'));
});

test('weights do not depend on the size of the images', () => {
  const config = modelConfig({ unet });
  const specs = recordParameters((parameters) => networks(config, networkFeeds(config, 3, 10, 8), parameters));
  assert.deepEqual(specs, modelParameters(config));
});

test('the networks get I_t, I_in and the mask, if they exist', () => {
  const channels = (condition: 'none' | 'input' | 'input-and-mask'): number =>
    modelParameters(modelConfig({ unet, condition }))['unet0.init_conv.weight'].shape[1];
  assert.deepEqual([channels('none'), channels('input'), channels('input-and-mask')], [3, 6, 9]);
});

test('with cumulative time each network gets its own time, else both get the same', () => {
  const told = (fields: ModelConfigInput): string[][] =>
    Object.values(build({ ...both, networks: 'two', ...fields })).map((node) =>
      topologicalOrder([node]).flatMap(({ op, attributes }) =>
        op === 'input' && 'name' in attributes && attributes.name.endsWith('Time') ? [attributes.name] : [],
      ),
    );
  assert.deepEqual(told({ time: 'cumulative' }), [['residualTime'], ['noiseTime']]);
  assert.deepEqual(told({}), [['residualTime'], ['residualTime']]);
});
