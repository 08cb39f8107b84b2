import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, conv2d, feed, matmul, normalize, reshape, split, state, transpose, upsample } from '../graph/build.ts';
import { modelConfig } from '../model/config.ts';
import { networkFeeds, networks } from '../model/networks.ts';
import { countNetwork } from './count.ts';
import { stateParameters } from './parameters.ts';

/** The counts of a model's networks together, and of each output separately. */
function counts(fields: Parameters<typeof modelConfig>[0], size = 256) {
  const config = modelConfig(fields);
  const inputs = networkFeeds(config, 1, size, size);
  const outputs = Object.values(networks(config, inputs, stateParameters().parameters, 'as-written'));
  return { all: countNetwork(outputs), each: outputs.map((output) => countNetwork([output])) };
}

/** As the paper prints them: truncated, not rounded. */
const cut = (value: number, digits: number) => Math.floor(value * 10 ** digits) / 10 ** digits;

test("the paper's network at 256x256: 36.26 M and 117.5 G; what THOP prints for it: 7.73 M and 32.9 G", () => {
  const { parameters, multiplyAdds, thop } = counts({}).all;
  assert.equal((parameters / 1e6).toFixed(2), '36.26');
  assert.equal((multiplyAdds / 1e9).toFixed(1), '117.5');
  assert.equal(cut(thop.parameters / 1e6, 2), 7.73);
  assert.equal(cut(thop.multiplyAdds / 1e9, 1), 32.9);
});

test("Table 11's other rows, all truncated: with a shadow mask, two networks, five steps", () => {
  const two = { networks: 'two', objective: 'residual-noise' } as const;
  const mask = { condition: 'input-and-mask' } as const;
  const rows = [{}, mask, two, { ...two, ...mask }].map((fields) => {
    const { parameters, multiplyAdds } = counts(fields).all.thop;
    return [cut(parameters / 1e6, 2), cut(multiplyAdds / 1e9, 1), cut((5 * multiplyAdds) / 1e9, 1)];
  });
  assert.deepEqual(rows, [
    [7.73, 32.9, 164.6], // The paper has 164.7, which is five times its rounded 32.94.
    [7.74, 33.5, 167.7],
    [15.47, 65.8, 329.3],
    [15.49, 67.1, 335.5],
  ]);
});

test('two networks are the sum of both; decoders share their encoder', () => {
  const sizes = { unet: { dim: 16, multipliers: [1, 2] } };
  const two = counts({ ...sizes, networks: 'two', objective: 'residual-noise' }, 16);
  for (const quantity of ['parameters', 'multiplyAdds', 'attentionMultiplyAdds'] as const) {
    assert.equal(two.all[quantity], two.each[0][quantity] + two.each[1][quantity], quantity);
  }
  const shared = counts({ ...sizes, networks: 'shared-encoder', objective: 'residual-noise' }, 16);
  assert.ok(shared.all.parameters < two.all.parameters);
  assert.ok(shared.all.parameters > two.each[0].parameters);
});

test('by hand: a convolution, a grouped one, a standardised one, a linear layer, a product, an upsampling', () => {
  const x = feed('x', [2, 3, 8, 8]);
  const plain = conv2d(x, state('a.weight', [4, 3, 3, 3]), { stride: 1, padding: 1 });
  const biased = add(plain, reshape(state('a.bias', [4]), [4, 1, 1]));
  assert.deepEqual(countNetwork([biased]), {
    parameters: 108 + 4,
    multiplyAdds: 2 * 64 * 108,
    attentionMultiplyAdds: 0,
    thop: { parameters: 112, multiplyAdds: 2 * 64 * 108 },
  });

  const inGroups = conv2d(x, state('g.weight', [6, 1, 3, 3]), { stride: 1, padding: 1, groups: 3 });
  assert.deepEqual(countNetwork([inGroups]).thop, { parameters: 6 * 9, multiplyAdds: 2 * 64 * 6 * 9 });

  const kernel = reshape(normalize(reshape(state('b.weight', [4, 3, 3, 3]), [4, 27]), 1e-5), [4, 3, 3, 3]);
  const standardised = countNetwork([conv2d(x, kernel, { stride: 2, padding: 1 })]);
  assert.deepEqual(standardised, {
    parameters: 108,
    multiplyAdds: 2 * 16 * 108,
    attentionMultiplyAdds: 0,
    thop: { parameters: 0, multiplyAdds: 0 },
  });

  const tokens = feed('tokens', [5, 6]);
  const projected = matmul(tokens, transpose(state('c.weight', [7, 6]), [1, 0]));
  assert.deepEqual(countNetwork([matmul(projected, transpose(projected, [1, 0]))]), {
    parameters: 42,
    multiplyAdds: 5 * 6 * 7,
    attentionMultiplyAdds: 5 * 5 * 7,
    thop: { parameters: 42, multiplyAdds: 5 * 6 * 7 },
  });
  // A layer with a split weight is still one layer.
  const [first, second] = split(state('d.weight', [8, 3, 1, 1]), 0, 2);
  const halves = [first, second].map((weight) => conv2d(x, weight, { stride: 1, padding: 0 }));
  assert.deepEqual(countNetwork(halves).thop, { parameters: 24, multiplyAdds: 2 * 64 * 24 });
  assert.equal(countNetwork([upsample(x)]).thop.multiplyAdds, 2 * 3 * 16 * 16);
  // A convolution that doubles its image counts like the two layers it replaces.
  const kernel3 = state('e.weight', [4, 3, 3, 3]);
  const apart = countNetwork([conv2d(upsample(x), kernel3, { stride: 1, padding: 1 })]);
  assert.deepEqual(countNetwork([conv2d(x, kernel3, { stride: 1, padding: 1, upsampled: true })]), apart);
  assert.equal(apart.multiplyAdds, 2 * 16 * 16 * 108);
});
