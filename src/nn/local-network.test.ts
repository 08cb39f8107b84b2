/** The local network: its values against loops over numbers, what a new one is, and what it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constant, feed } from '../graph/build.ts';
import { evaluate } from '../graph/evaluate.ts';
import { normalTensor } from '../math/random.ts';
import { elementCount, type Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import { type LocalNetworkOptions, localNetwork, localSizeMultiple } from './local-network.ts';
import { constantParameters, type Parameters, recordParameters } from './parameters.ts';
import { timeEmbedding } from './time-embedding.ts';

const small: LocalNetworkOptions = { blocks: 'gated', width: 4, encoder: [1], middle: 1, decoder: [1], outChannels: 3 };

function build(parameters: Parameters, options = small, [height, width] = [4, 8], inChannels = 2) {
  const time = constant(timeEmbedding([300], options.width));
  return localNetwork(feed('x', [1, inChannels, height, width]), time, options, parameters);
}

/** Weights of every size, gains of the blocks among them. */
const weightsOf = (options: LocalNetworkOptions, inChannels = 2): Record<string, Tensor> => {
  const side = localSizeMultiple(options);
  const specs = recordParameters((parameters) => build(parameters, options, [side, side], inChannels));
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => {
      const fanIn = shape.length > 1 ? elementCount(shape.slice(1)) : 1;
      const { data } = normalTensor(shape, 1, [name]);
      return [name, { shape, data: data.map((value) => value / Math.sqrt(fanIn)) }];
    }),
  );
};

/** Channels of rows of pixels. */
type Planes = number[][][];

const planes = (
  channels: number,
  height: number,
  width: number,
  at: (c: number, h: number, w: number) => number,
): Planes =>
  Array.from({ length: channels }, (_, c) =>
    Array.from({ length: height }, (_, h) => Array.from({ length: width }, (_, w) => at(c, h, w))),
  );

/** The same network as loops over numbers. */
function byLoops(
  x: Tensor,
  time: readonly number[],
  options: LocalNetworkOptions,
  weights: Record<string, Tensor>,
): Planes {
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
  const sizeOf = (image: Planes) => [image.length, image[0].length, image[0][0].length];
  const conv = (image: Planes, name: string, { stride = 1, padding = 0, depthwise = false } = {}): Planes => {
    const { shape, data } = weights[`${name}.weight`];
    const [outputs, inputs, size] = shape;
    const [, height, width] = sizeOf(image);
    return planes(outputs, height / stride, width / stride, (o, h, w) => {
      let sum = weights[`${name}.bias`].data[o];
      for (let i = 0; i < inputs; i++) {
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            const plane = image[depthwise ? o : i];
            const value = plane[h * stride + row - padding]?.[w * stride + column - padding] ?? 0;
            sum += data[((o * inputs + i) * size + row) * size + column] * value;
          }
        }
      }
      return sum;
    });
  };
  const linear = (vector: readonly number[], name: string): number[] => {
    const { shape, data } = weights[`${name}.weight`];
    return Array.from(weights[`${name}.bias`].data, (bias, o) =>
      vector.reduce((sum, value, i) => sum + data[o * shape[1] + i] * value, bias),
    );
  };
  const norm = (image: Planes, name: string, scale: readonly number[], shift: readonly number[]): Planes => {
    const [channels, height, width] = sizeOf(image);
    const average = (value: (c: number) => number) =>
      Array.from({ length: channels }, (_, c) => value(c)).reduce((sum, one) => sum + one, 0) / channels;
    return planes(channels, height, width, (c, h, w) => {
      const mean = average((k) => image[k][h][w]);
      const variance = average((k) => (image[k][h][w] - mean) ** 2);
      const normal = (image[c][h][w] - mean) / Math.sqrt(variance + 1e-5);
      const gained = normal * weights[`${name}.weight`].data[c] + weights[`${name}.bias`].data[c];
      return gained * (1 + scale[c]) + shift[c];
    });
  };
  const gate = (image: Planes): Planes => {
    const [channels, height, width] = sizeOf(image);
    return planes(channels / 2, height, width, (c, h, w) => image[c][h][w] * image[c + channels / 2][h][w]);
  };
  const added = (image: Planes, change: Planes, gain?: string): Planes => {
    const [channels, height, width] = sizeOf(image);
    const by = (c: number): number => (gain === undefined ? 1 : weights[gain].data[c]);
    return planes(channels, height, width, (c, h, w) => image[c][h][w] + by(c) * change[c][h][w]);
  };
  const relu = (image: Planes): Planes =>
    image.map((rows) => rows.map((row) => row.map((value) => Math.max(value, 0))));
  const block = (image: Planes, hidden: readonly number[], name: string): Planes => {
    if (options.blocks === 'plain') {
      const active = relu(conv(image, `${name}.conv1`, { padding: 1 }));
      return added(image, conv(active, `${name}.conv2`, { padding: 1 }));
    }
    const channels = image.length;
    const moments = linear(hidden, `${name}.time`);
    const moment = (k: number): number[] => moments.slice(k * channels, (k + 1) * channels);
    const wide = conv(norm(image, `${name}.norm1`, moment(0), moment(1)), `${name}.conv1`);
    const near = conv(wide, `${name}.conv2`, { padding: 1, depthwise: true });
    const y = added(image, conv(gate(near), `${name}.conv3`), `${name}.beta`);
    const wider = conv(norm(y, `${name}.norm2`, moment(2), moment(3)), `${name}.conv4`);
    return added(y, conv(gate(wider), `${name}.conv5`), `${name}.gamma`);
  };
  const unfold = (image: Planes): Planes => {
    const [channels, height, width] = sizeOf(image);
    return planes(
      channels / 4,
      2 * height,
      2 * width,
      (c, h, w) => image[4 * c + 2 * (h % 2) + (w % 2)][Math.floor(h / 2)][Math.floor(w / 2)],
    );
  };

  const silu = (values: number[]): number[] => values.map((value) => value * sigmoid(value));
  const hidden = silu(linear(silu(linear(time, 'time_mlp.0')), 'time_mlp.2'));
  const [, channels, height, width] = x.shape;
  const seen = planes(4 * channels, height / 2, width / 2, (c, h, w) => {
    const [row, column] = [2 * h + (Math.floor(c / 2) % 2), 2 * w + (c % 2)];
    return x.data[(Math.floor(c / 4) * height + row) * width + column];
  });
  const blocks = (image: Planes, count: number, name: string): Planes =>
    Array.from({ length: count }).reduce<Planes>((y, _, i) => block(y, hidden, `${name}.${i}`), image);
  let y = conv(seen, 'intro', { padding: 1 });
  if (options.blocks === 'plain') {
    const shift = linear(hidden, 'time');
    y = y.map((rows, c) => rows.map((row) => row.map((value) => value + shift[c])));
  }
  const skips: Planes[] = [];
  options.encoder.forEach((count, level) => {
    y = blocks(y, count, `encoders.${level}`);
    skips.push(y);
    y = conv(y, `downs.${level}`, { stride: 2 });
  });
  y = blocks(y, options.middle, 'middle_blks');
  options.decoder.forEach((count, level) => {
    y = blocks(added(unfold(conv(y, `ups.${level}.0`)), skips.pop() as Planes), count, `decoders.${level}`);
  });
  return unfold(conv(y, 'ending', { padding: 1 }));
}

test('is what loops over numbers make of the same weights', () => {
  const larger = { ...small, encoder: [1, 2], middle: 2, decoder: [0, 1], outChannels: 1 };
  for (const options of [small, larger, { ...larger, blocks: 'plain' as const }]) {
    const weights = weightsOf(options);
    const x = normalTensor([1, 2, 8, 16], 2, ['x']);
    const output = build(constantParameters(weights), options, [8, 16]);
    assert.deepEqual(output.shape, [1, options.outChannels, 8, 16]);
    const [{ data }] = evaluate([output], { x });
    const wanted = byLoops(x, Array.from(timeEmbedding([300], options.width).data), options, weights).flat(2);
    const largest = Math.max(...wanted.map(Math.abs));
    wanted.forEach((value, i) => {
      assert.ok(Math.abs(data[i] - value) < 1e-5 * largest, `${data[i]} and ${value} at ${i}`);
    });
  }
});

test('a new network of gated blocks passes what it sees through convolutions alone: its blocks change nothing', () => {
  const specs = recordParameters((parameters) => build(parameters));
  const gains = Object.entries(specs).filter(([name]) => /\.(beta|gamma)$/.test(name));
  assert.equal(gains.length, 6);
  for (const [name, { initialisation }] of gains) assert.deepEqual(initialisation, { value: 0 }, name);
});

test('what does not fit is refused', () => {
  const refused = (options: LocalNetworkOptions, shape: Shape, time: Shape) => () =>
    recordParameters((parameters) => localNetwork(feed('x', shape), feed('time', time), options, parameters));
  const cases: [RegExp, () => unknown][] = [
    [/images \[N, C, H, W\], got 3x4x4/, refused(small, [3, 4, 4], [1, 4])],
    [/a height and width divisible by 4, got 4x6; pad the image/, refused(small, [1, 3, 4, 6], [1, 4])],
    [
      /1 levels of the decoder, as the encoder has, got 2/,
      refused({ ...small, decoder: [1, 1] }, [1, 3, 4, 4], [1, 4]),
    ],
    [/a time embedding of 2x4, got 1x4/, refused(small, [2, 3, 4, 4], [1, 4])],
  ];
  for (const [message, call] of cases) assert.throws(call, { name: 'RddmError', message });
});
