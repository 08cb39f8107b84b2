/** Diffusers' U-Net: its size, its names, and its differences from the paper's, by naive arithmetic. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constant, feed } from '../graph/build.ts';
import { evaluate } from '../graph/evaluate.ts';
import { normalTensor } from '../math/random.ts';
import { elementCount } from '../math/shape.ts';
import { largestDifference, type Tensor, type TensorMap } from '../math/tensor.ts';
import { constantParameters, initialWeights, type Parameters, recordParameters } from './parameters.ts';
import { type Unet2dOptions, unet2d } from './unet2d.ts';
import { attentionBlock, downsample } from './unet2d-blocks.ts';

const small: Unet2dOptions = {
  ...{ widths: [4, 8], layers: 1, down: ['plain', 'attention'], up: ['attention', 'plain'], groups: 2 },
  ...{ epsilon: 1e-6, downPadding: 0, view: 'as-is', middleScale: 1, outChannels: 3 },
};
const specsOf = (options: Unet2dOptions) => {
  const side = 2 ** (options.widths.length - 1);
  return recordParameters((parameters) =>
    unet2d(feed('x', [1, 3, side, side]), feed('time', [1, options.widths[0]]), options, parameters),
  );
};
const run = (options: Unet2dOptions, weights: TensorMap, x: Tensor): Tensor => {
  const time = normalTensor([x.shape[0], options.widths[0]], 2, ['time']);
  return evaluate([unet2d(constant(x), constant(time), options, constantParameters(weights))])[0];
};

test("as large as the networks of the DDPM paper's appendix: 35.7 and 114 million parameters", () => {
  const count = (options: Partial<Unet2dOptions>): number =>
    Object.values(specsOf({ ...small, layers: 2, groups: 32, ...options })).reduce(
      (sum, { shape }) => sum + elementCount(shape),
      0,
    );
  const plain = 'plain' as const;
  const cifar = count({
    widths: [128, 256, 256, 256],
    down: [plain, 'attention', plain, plain],
    up: [plain, plain, 'attention', plain],
  });
  assert.equal((cifar / 1e6).toFixed(1), '35.7');
  const celeba = count({
    widths: [128, 128, 256, 256, 512, 512],
    down: [plain, plain, plain, plain, 'attention', plain],
    up: [plain, 'attention', plain, plain, plain, plain],
  });
  assert.equal((celeba / 1e6).toFixed(0), '114');
});

test("parameters have diffusers' names", () => {
  const names = Object.keys(specsOf(small)).filter((name) => name.endsWith('.weight'));
  const block = (at: string, more: readonly string[] = []) =>
    ['norm1', 'conv1', 'time_emb_proj', 'norm2', 'conv2', ...more].map((part) => `${at}.${part}.weight`);
  const attention = (at: string) =>
    ['group_norm', 'to_q', 'to_k', 'to_v', 'to_out.0'].map((part) => `${at}.${part}.weight`);
  const shortcut = ['conv_shortcut'];
  const expectedNames = [
    ...['conv_in.weight', 'time_embedding.linear_1.weight', 'time_embedding.linear_2.weight'],
    ...block('down_blocks.0.resnets.0'),
    'down_blocks.0.downsamplers.0.conv.weight',
    ...block('down_blocks.1.resnets.0', shortcut),
    ...attention('down_blocks.1.attentions.0'),
    ...block('mid_block.resnets.0'),
    ...attention('mid_block.attentions.0'),
    ...block('mid_block.resnets.1'),
    ...[0, 1].flatMap((i) => [
      ...block(`up_blocks.0.resnets.${i}`, shortcut),
      ...attention(`up_blocks.0.attentions.${i}`),
    ]),
    'up_blocks.0.upsamplers.0.conv.weight',
    ...[0, 1].flatMap((i) => block(`up_blocks.1.resnets.${i}`, shortcut)),
    ...['conv_norm_out.weight', 'conv_out.weight'],
  ];
  assert.deepEqual(names.sort(), expectedNames.sort());
});

test('padding 0 reaches one pixel further right and down, padding 1 to all sides', () => {
  const x = normalTensor([1, 1, 4, 4], 1, ['x']);
  const weight = normalTensor([1, 1, 3, 3], 1, ['weight']);
  const weights = {
    'downsamplers.0.conv.weight': weight,
    'downsamplers.0.conv.bias': { shape: [1], data: Float32Array.of(0.5) },
  };
  for (const padding of [0, 1] as const) {
    const [y] = evaluate([downsample(constant(x), padding, constantParameters(weights))]);
    assert.deepEqual(y.shape, [1, 1, 2, 2]);
    const naive = Float32Array.from({ length: 4 }, (_, at) => {
      let sum = 0.5;
      for (let i = 0; i < 9; i++) {
        const row = 2 * Math.floor(at / 2) - padding + Math.floor(i / 3);
        const column = 2 * (at % 2) - padding + (i % 3);
        const isInside = row >= 0 && row < 4 && column >= 0 && column < 4;
        sum += isInside ? weight.data[i] * x.data[4 * row + column] : 0;
      }
      return sum;
    });
    assert.ok(largestDifference(y, { shape: y.shape, data: naive }) < 1e-5);
  }
});

describe('attention by naive arithmetic', () => {
  const [channels, pixels] = [4, 6];
  const x = normalTensor([1, channels, 2, 3], 1, ['x']);
  const names = ['to_q', 'to_k', 'to_v', 'to_out.0'];
  const weights: Record<string, Tensor> = {
    'group_norm.weight': normalTensor([channels], 1, ['gain']),
    'group_norm.bias': normalTensor([channels], 1, ['shift']),
  };
  for (const name of names) {
    weights[`${name}.weight`] = normalTensor([channels, channels], 1, [name, 'weight']);
    weights[`${name}.bias`] = normalTensor([channels], 1, [name, 'bias']);
  }
  /** A linear layer at each pixel; images are lists of channels of pixels. */
  const layer = (name: string, image: number[][]): number[][] =>
    Array.from({ length: channels }, (_, out) =>
      Array.from({ length: pixels }, (__, at) =>
        image.reduce(
          (sum, row, i) => sum + weights[`${name}.weight`].data[out * channels + i] * row[at],
          weights[`${name}.bias`].data[out],
        ),
      ),
    );
  for (const [heads, headChannels, scale] of [
    [1, undefined, 1],
    [2, 2, 1],
    [4, 1, 2],
  ] as const) {
    test(`${heads} heads, sums divided by ${scale}`, () => {
      const options = { groups: 1, epsilon: 1e-6, headChannels, scale };
      const [given] = evaluate([attentionBlock(constant(x), options, constantParameters(weights))]);
      const mean = x.data.reduce((sum, value) => sum + value, 0) / x.data.length;
      const variance = x.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.data.length;
      const rows = Array.from({ length: channels }, (_, i) => [...x.data.slice(i * pixels, (i + 1) * pixels)]);
      const normal = rows.map((row, i) =>
        row.map(
          (v) =>
            ((v - mean) / Math.sqrt(variance + 1e-6)) * weights['group_norm.weight'].data[i] +
            weights['group_norm.bias'].data[i],
        ),
      );
      const [q, k, v] = names.slice(0, 3).map((name) => layer(name, normal));
      const width = channels / heads;
      const mixed = Array.from({ length: channels }, () => new Array<number>(pixels).fill(0));
      for (let head = 0; head < heads; head++) {
        const of = Array.from({ length: width }, (_, i) => head * width + i);
        for (let at = 0; at < pixels; at++) {
          const scores = Array.from({ length: pixels }, (_, to) =>
            Math.exp(of.reduce((sum, i) => sum + q[i][at] * k[i][to], 0) / Math.sqrt(width)),
          );
          const total = scores.reduce((sum, score) => sum + score, 0);
          for (const i of of) mixed[i][at] = scores.reduce((sum, score, to) => sum + (score / total) * v[i][to], 0);
        }
      }
      const naive = layer('to_out.0', mixed).flatMap((row, i) => row.map((value, at) => (value + rows[i][at]) / scale));
      assert.ok(largestDifference(given, { shape: given.shape, data: Float32Array.from(naive) }) < 1e-5);
    });
  }
});

test('a centred view is 2x - 1', () => {
  const weights = initialWeights(specsOf(small), 1);
  const x = normalTensor([2, 3, 4, 2], 1, ['x']);
  const seen = { shape: x.shape, data: x.data.map((value) => 2 * value - 1) };
  const output = run({ ...small, view: 'centred' }, weights, x);
  assert.deepEqual(output.shape, x.shape);
  assert.ok(largestDifference(output, run(small, weights, seen)) < 1e-6);
  assert.ok(largestDifference(output, run(small, weights, x)) > 1e-3);
});

describe('refusals', () => {
  const none: Parameters = () => assert.fail('no weight is requested');
  const build = (x: readonly number[], time: readonly number[]) =>
    unet2d(feed('x', x), feed('time', time), small, none);
  test('sides that are not divisible', () => {
    assert.throws(() => build([1, 3, 4, 5], [1, 4]), {
      message: /unet2d: expected a height and width divisible by 2, got 4x5/,
    });
    assert.throws(() => build([3, 4, 4], [1, 4]), { message: /unet2d: expected images \[N, C, H, W\]/ });
  });
  test('a time embedding of another size', () => {
    assert.throws(() => build([2, 3, 4, 4], [2, 8]), { message: 'unet2d: expected a time embedding of 2x4, got 2x8' });
  });
});
