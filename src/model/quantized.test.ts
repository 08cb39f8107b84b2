import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concat, constant, conv2d, feed, upsample } from '../graph/build.ts';
import { nearestRepresented, quantizationOfKernels, quantizationOfRange } from '../graph/eight-bit.ts';
import { evaluate } from '../graph/evaluate.ts';
import { isOp, type Node, topologicalOrder } from '../graph/node.ts';
import { normalTensor } from '../math/random.ts';
import { type Tensor, tensor } from '../math/tensor.ts';
import { networkOf } from '../networks/registry.ts';
import { constantParameters, initialWeights } from '../nn/parameters.ts';
import { modelConfig } from './config.ts';
import type { Quantization } from './config-fields.ts';
import { modelParameters, networkFeeds, networks } from './networks.ts';
import { quantizableConvolutions, quantizedNetworks } from './quantized.ts';

const attributes = { stride: 1, padding: 1 };
const weights = {
  'a.weight': normalTensor([6, 5, 3, 3], 1, ['a']),
  'a.bias': normalTensor([6], 1, ['bias']),
};
const layer = (x: Node): Node => conv2d(x, constant(weights['a.weight']), attributes, constant(weights['a.bias']));
const extremes = ({ data }: Tensor): [number, number] => [Math.min(...data), Math.max(...data)];
const x = normalTensor([1, 5, 6, 8], 2, ['x']);

test("a convolution's error is within the bound of its three roundings", () => {
  const exactNode = layer(feed('x', x.shape));
  const [exact] = evaluate([exactNode], { x });
  const ranges = { input: extremes(x), output: extremes(exact) };
  const { y } = quantizedNetworks({ y: exactNode }, weights, { layers: { a: ranges } });
  const [rounded] = evaluate([y], { x });

  const kernels = quantizationOfKernels(weights['a.weight']);
  const absolute = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map(Math.abs) });
  const ofSize = (size: number, shape: readonly number[]): Tensor => tensor(shape, new Array(size).fill(1));
  /** |q(w) q(x) − w x| ≤ |w| |q(x) − x| + |q(w) − w| (|x| + |q(x) − x|), summed; q is at most a step off. */
  const [step] = quantizationOfRange(ranges.input).scales;
  const byInput = conv2d(constant(ofSize(x.data.length, x.shape)), constant(absolute(weights['a.weight'])), attributes);
  const magnitudes = { shape: x.shape, data: absolute(x).data.map((value) => value + step) };
  const byKernel = conv2d(constant(magnitudes), constant(ofSize(6 * 45, [6, 5, 3, 3])), attributes);
  const [inputs, values] = evaluate([byInput, byKernel]);
  const [outputStep] = quantizationOfRange(ranges.output).scales;
  let largest = 0;
  exact.data.forEach((value, i) => {
    const channel = Math.floor(i / 48);
    const bound = inputs.data[i] * step + values.data[i] * (kernels.scales[channel] / 2) + outputStep;
    const error = Math.abs(rounded.data[i] - value);
    largest = Math.max(largest, error);
    assert.ok(error <= bound * (1 + 1e-5), `${error} above ${bound}`);
  });
  assert.ok(largest > 0, 'something is rounded');
});

test('a grouped convolution stays one, with a scale for each kernel', () => {
  const [image, kernels] = [normalTensor([1, 6, 6, 8], 2, ['x']), normalTensor([6, 1, 3, 3], 1, ['depthwise'])];
  const exactNode = conv2d(feed('x', image.shape), constant(kernels), { ...attributes, groups: 6 });
  const [exact] = evaluate([exactNode], { x: image });
  const layers = { a: { input: extremes(image), output: extremes(exact) } };
  const { y } = quantizedNetworks({ y: exactNode }, { 'a.weight': kernels }, { layers });
  const [rounded] = evaluate([y], { x: image });
  const error = Math.max(...exact.data.map((value, i) => Math.abs(rounded.data[i] - value)));
  assert.ok(error > 0 && error < 0.02 * Math.max(...exact.data.map(Math.abs)), `${error}`);
});

test('values enter a convolution as the nearest integers, also after ops that only move them', () => {
  const [a, b] = [feed('a', [1, 2, 4, 4]), feed('b', [1, 3, 2, 2])];
  const joined = concat([a, upsample(b)], 1);
  const layers = { a: { input: [-1, 2], output: [-30, 30] } } satisfies Quantization['layers'];
  const { y } = quantizedNetworks({ y: layer(joined) }, weights, { layers });
  const convolution = topologicalOrder([y]).find((node) => isOp(node, 'conv2d')) as Node;
  const given = { a: normalTensor(a.shape, 1, ['a']), b: normalTensor(b.shape, 1, ['b']) };
  const [plain, rounded] = evaluate([joined, convolution.inputs[0]], given);
  const range = quantizationOfRange([-1, 2]);
  assert.deepEqual(
    rounded.data,
    plain.data.map((value) => nearestRepresented(value, range, range.scales[0])),
  );
  // Quantizing before enlarging handles a quarter of the values.
  const shapes = topologicalOrder([y]).flatMap((node) => (isOp(node, 'quantize') ? [node.shape.join('x')] : []));
  assert.ok(shapes.includes('1x3x2x2'), shapes.join(' '));
});

describe('a network', () => {
  const config = modelConfig({ unet: { dim: 8, multipliers: [1, 2], groups: 4 } });
  const all = initialWeights(modelParameters(config), 1);
  const outputs = networks(config, networkFeeds(config, 1, 4, 4), constantParameters(all));
  const { keptExact } = networkOf(config.unet);
  const found = quantizableConvolutions(Object.values(outputs), all, keptExact);

  test('keeps in float32 its first convolution, the last ones, and those of queries, keys and values', () => {
    const weightsOfConvolutions = Object.entries(all).filter(([, { shape }]) => shape.length === 4 && shape[0] > 1);
    const exact = weightsOfConvolutions
      .map(([name]) => name.replace(/\.weight$/, ''))
      .filter((name) => !found.has(name));
    const areExact = exact.filter(
      (name) => !/init_conv|final_res_block\.(block2|res_conv)|final_conv|to_qkv|to_out\.0$/.test(name),
    );
    assert.deepEqual(areExact, []);
    assert.ok(found.has('unet0.downs.0.0.block1.proj') && found.has('unet0.ups.0.3.1'));
    const last = [...found.keys()].filter((name) => name.includes('final_'));
    assert.deepEqual(last, ['unet0.final_res_block.block1.proj']);
  });

  test('reuses its kernels at another size', () => {
    const kernels = new Map<string, Node>();
    const build = (size: number): Node => {
      const some = networks(config, networkFeeds(config, 1, size, size), constantParameters(all));
      return quantizedNetworks(some as Record<string, Node>, all, { layers }, { keptExact, kernels }).residual;
    };
    const constants = (y: Node) => new Set(topologicalOrder([y]).filter((node) => isOp(node, 'constant')));
    const first = constants(build(4));
    const made = [...kernels.values()];
    const second = constants(build(8));
    assert.deepEqual([...kernels.values()], made);
    assert.ok(
      made.every(
        ({ inputs: [folded] }) => first.has(folded as Node<'constant'>) && second.has(folded as Node<'constant'>),
      ),
    );
  });

  const layers: Quantization['layers'] = Object.fromEntries(
    [...found.keys()].map((name) => [name, { input: [-4, 4], output: [-40, 40] }]),
  );

  test('with ranges for an unknown layer, or without ranges for one of its layers, is refused', () => {
    const { 'unet0.ups.0.3.1': _, ...fewer } = layers;
    const build = (some: Quantization['layers']) => () =>
      quantizedNetworks(outputs as Record<string, Node>, all, { layers: some }, { keptExact });
    assert.throws(build(fewer), /^RddmError: quantization: expected ranges of the layer unet0\.ups\.0\.3\.1, got none/);
    assert.throws(
      build({ ...layers, 'unet0.nothing': layers['unet0.ups.0.3.1'] }),
      /^RddmError: quantization: expected ranges of the layers of this network, got unet0\.nothing/,
    );
  });
});
