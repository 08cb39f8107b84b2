/** The form in which a convolution is emitted; the conformance suite shows that each form is right. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constant, conv2d, conv2dInputGradient, conv2dWeightGradient, feed, upsample } from '../graph/build.ts';
import type { ConvolutionAttributes, Node } from '../graph/node.ts';
import { createProgram } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import { lowerProgram } from './emit.ts';
import type { ConvolutionForms, Provider } from './lowering.ts';
import type { OnnxModel } from './model.ts';

const same = { stride: 1, padding: 1 };

/** A convolution of square images, from each side. */
function sides(channels: number, side: number, attributes: ConvolutionAttributes = same, kernel = 3) {
  const x = feed('x', [1, channels, side, side]);
  const weights = [channels, channels, kernel, kernel];
  const w = feed('w', weights);
  const result = conv2d(x, w, attributes);
  const g = feed('g', result.shape);
  return {
    result,
    'result of a constant kernel': conv2d(x, constant(normalTensor(weights, 1, ['w'])), attributes),
    image: conv2dInputGradient(g, w, { ...attributes, inputShape: x.shape }),
    kernel: conv2dWeightGradient(x, g, { ...attributes, kernel: [kernel, kernel] }),
  };
}

const lowered = (y: Node, provider: Provider = 'cpu', forms?: ConvolutionForms): OnnxModel =>
  lowerProgram(createProgram('convolution', { y }), provider, { convolutions: forms });

/**
 * How many matrix products run as one: Winograd's form reshapes its products to [products, …] before or after the one
 * MatMul over the channels.
 */
function winogradProducts({ nodes, initializers }: OnnxModel): number | undefined {
  const shapes = new Map(initializers.map(({ name, data }) => [name, [...data].map(Number)]));
  const counts = nodes
    .filter(({ opType }) => opType === 'Reshape')
    .flatMap(({ inputs }) => (shapes.get(inputs[1]) ?? []).filter((size) => size === 36 || size === 25));
  return nodes.some(({ opType }) => opType === 'MatMul') ? counts[0] : undefined;
}

const wide = sides(256, 64);
const narrow = sides(8, 16);
const doubling = sides(256, 32, { ...same, upsampled: true });

describe('the faster form, on the CPU', () => {
  for (const [side, y] of Object.entries(wide)) {
    test(`${side}, wide: one product of matrices for each of 36 points`, () => {
      assert.equal(winogradProducts(lowered(y)), 36);
    });
  }

  for (const [side, y] of Object.entries(doubling)) {
    test(`${side}, of doubled images: 25 points, and nothing is doubled`, () => {
      const model = lowered(y);
      assert.equal(winogradProducts(model), 25);
      assert.ok(!model.nodes.some(({ opType }) => opType === 'Resize' || opType === 'AveragePool'));
    });
  }

  test('few constant channels: a Conv', () => {
    const { nodes } = lowered(narrow['result of a constant kernel']);
    assert.deepEqual(
      nodes.map(({ opType }) => opType),
      ['Conv'],
    );
  });

  test("cases that Winograd's algorithm does not cover here: a Conv", () => {
    const others = [
      sides(256, 64, { stride: 2, padding: 1 }),
      sides(256, 64, { stride: 1, padding: 0 }, 1),
      sides(256, 64, { stride: 1, padding: 3 }),
      sides(256, 32, { stride: 1, padding: 0, upsampled: true }),
    ];
    for (const { result } of others) assert.ok(winogradProducts(lowered(result)) === undefined);
  });
});

test('WebGPU, which is not measured: direct', () => {
  for (const y of [...Object.values(wide), ...Object.values(doubling)]) {
    assert.equal(winogradProducts(lowered(y, 'webgpu')), undefined);
  }
  assert.deepEqual(
    lowered(wide.result, 'webgpu').nodes.map(({ opType }) => opType),
    ['Conv'],
  );
});

describe('requested forms', () => {
  test('direct, however wide', () => {
    for (const y of [...Object.values(wide), ...Object.values(doubling)]) {
      assert.equal(winogradProducts(lowered(y, 'cpu', 'direct')), undefined);
    }
  });

  test("Winograd's, however small, on every provider", () => {
    for (const provider of ['cpu', 'webgpu'] as const) {
      for (const y of Object.values(narrow)) assert.equal(winogradProducts(lowered(y, provider, 'winograd')), 36);
    }
  });

  test("Winograd's, if it does not exist: direct", () => {
    const { result } = sides(8, 16, { stride: 2, padding: 1 });
    assert.equal(winogradProducts(lowered(result, 'cpu', 'winograd')), undefined);
  });
});

describe('channels in groups', () => {
  const opTypes = (y: Node, provider: Provider, forms?: ConvolutionForms): string[] =>
    lowered(y, provider, forms).nodes.map(({ opType }) => opType);
  const grouped = (groups: number, ofGroup: number): Node =>
    conv2d(feed('x', [1, 2 * groups, 8, 8]), feed('w', [groups * ofGroup, 2, 3, 3]), { ...same, groups });
  const depthwise = { ...same, groups: 6 };
  const [x, w] = [feed('x', [1, 6, 8, 8]), feed('w', [6, 1, 3, 3])];

  test('one Conv, whatever form is requested', () => {
    for (const forms of ['direct', 'winograd', 'fastest'] as const) {
      assert.deepEqual(opTypes(conv2d(x, w, depthwise), 'cpu', forms), ['Conv']);
      assert.deepEqual(opTypes(grouped(4, 5), 'cpu', forms), ['Conv']);
    }
  });

  test('the input gradient of a depthwise convolution is one with flipped kernels', () => {
    const dx = conv2dInputGradient(feed('g', x.shape), w, { ...depthwise, inputShape: x.shape });
    for (const provider of ['cpu', 'webgpu'] as const) assert.deepEqual(opTypes(dx, provider), ['Slice', 'Conv']);
  });

  test('the weight gradient of a depthwise convolution is one product of copies', () => {
    const dw = conv2dWeightGradient(x, feed('g', x.shape), { ...depthwise, kernel: [3, 3] });
    assert.deepEqual(
      opTypes(dw, 'cpu').filter((opType) => !/Reshape|Transpose/.test(opType)),
      ['Conv', 'Conv', 'MatMul'],
    );
  });

  test('on WebGPU too, except for groups whose results it would mix up', () => {
    assert.deepEqual(opTypes(conv2d(x, w, depthwise), 'webgpu'), ['Conv']);
    for (const [groups, ofGroup] of [
      [4, 3],
      [4, 4],
      [3, 5],
      [3, 6],
    ]) {
      assert.deepEqual(opTypes(grouped(groups, ofGroup), 'webgpu'), ['Conv']);
    }
    for (const [groups, ofGroup] of [
      [4, 5],
      [2, 6],
      [2, 5],
    ]) {
      const { nodes } = lowered(grouped(groups, ofGroup), 'webgpu');
      const conv = nodes.filter(({ opType }) => opType === 'Conv');
      assert.equal(conv.length, 1);
      assert.ok(
        nodes.some(({ opType }) => opType === 'Slice'),
        'the padding is cut off',
      );
    }
  });
});

test('a convolution of an upsampled image doubles it once, and only there', () => {
  const { nodes } = lowered(conv2d(upsample(feed('x', [1, 4, 4, 4])), feed('w', [4, 4, 3, 3]), same));
  assert.equal(nodes.filter(({ opType }) => opType === 'Resize').length, 1);
});
