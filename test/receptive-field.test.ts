/**
 * The receptive fields of whole networks with random weights against the truth: exactly the predicted pixels change. The
 * ops alone are tested beside the graph.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { averagePool, concat, constant, conv2d, feed, maxPool, upsample } from '../src/graph/build.ts';
import type { Node } from '../src/graph/node.ts';
import { receptiveField } from '../src/graph/receptive-field.ts';
import { normalTensor } from '../src/math/random.ts';
import { elementCount } from '../src/math/shape.ts';
import { localBlockKinds } from '../src/nn/local-blocks.ts';
import { type LocalNetworkOptions, localNetwork, localSizeMultiple } from '../src/nn/local-network.ts';
import type { Parameters } from '../src/nn/parameters.ts';
import { timeEmbedding } from '../src/nn/time-embedding.ts';
import { assertField } from './support/receptive-field.ts';

/** Weights of every size, gains of the blocks among them, and biases with which a ReLU passes what it gets. */
const parameters: Parameters = (name, shape) => {
  const fanIn = shape.length > 1 ? elementCount(shape.slice(1)) : 1;
  const { data } = normalTensor(shape, 1, [name]);
  const shift = name.endsWith('conv1.bias') ? 8 : 0;
  return constant({ shape, data: data.map((value) => value / Math.sqrt(fanIn) + shift) });
};

describe('the local network', () => {
  const shapes: Pick<LocalNetworkOptions, 'encoder' | 'middle' | 'decoder'>[] = [
    { encoder: [0], middle: 1, decoder: [0] },
    { encoder: [1], middle: 1, decoder: [2] },
    { encoder: [2], middle: 1, decoder: [0] },
    { encoder: [0, 1], middle: 1, decoder: [0, 0] },
    { encoder: [0, 0], middle: 2, decoder: [1, 0] },
  ];
  for (const [blocks, shape] of localBlockKinds.flatMap((kind) => shapes.map((one) => [kind, one] as const))) {
    const options = { ...shape, blocks, width: 4, outChannels: 1 };
    const multiple = localSizeMultiple(options);
    const build = (height: number, width: number): { x: Node; output: Node } => {
      const x = feed('x', [1, 1, height, width]);
      return { x, output: localNetwork(x, constant(timeEmbedding([300], 4)), options, parameters) };
    };
    const small = build(2 * multiple, 2 * multiple);
    const { rows } = receptiveField([small.output], [small.x]);
    test(`${JSON.stringify(Object.values(shape))}, ${blocks}, sees ${rows.before} and ${rows.after} pixels far`, () => {
      const long = multiple * Math.ceil((rows.before + rows.after + 2 * multiple) / multiple);
      const start = multiple * Math.ceil(rows.after / multiple);
      // One pixel of each place within the squares that become one, in a row of squares and in a column of them.
      for (const [height, width] of [
        [long, multiple],
        [multiple, long],
      ]) {
        const { x, output } = build(height, width);
        const pixels = Array.from({ length: multiple }, (_, place) =>
          height === long ? ([start + place, place] as const) : ([place, start + place] as const),
        );
        assertField(output, x, 'all', pixels);
      }
    });
  }
});

test('convolutions one after the other see the sum of what each sees', () => {
  const x = feed('x', [1, 2, 16, 11]);
  const layer = (y: Node, name: string, kernel: number, padding: number): Node =>
    conv2d(y, parameters(name, [3, y.shape[1], kernel, kernel], { value: 0 }), { stride: 1, padding });
  const output = layer(layer(layer(x, 'first', 3, 1), 'second', 5, 1), 'third', 2, 0);
  const { rows } = receptiveField([output], [x]);
  assert.deepEqual([rows.period, rows.intervals], [1, [[-2, 5]]]);
  assertField(output, x);
});

test('a U of pooling and upsampling with skips sees what its deepest level does, at each place another share', () => {
  const x = feed('x', [1, 2, 24, 24]);
  const layer = (y: Node, name: string): Node =>
    conv2d(y, parameters(name, [3, y.shape[1], 3, 3], { value: 0 }), { stride: 1, padding: 1 });
  const first = layer(x, 'first');
  const second = layer(maxPool(first, { kernel: 2, stride: 2, padding: 0 }), 'second');
  const third = layer(averagePool(second, { kernel: 2, stride: 2, padding: 0 }), 'third');
  const output = concat([upsample(concat([upsample(third), second], 1)), first], 1);
  const { rows, columns } = receptiveField([output], [x]);
  assert.deepEqual(rows, columns);
  assert.equal(rows.period, 4);
  assertField(conv2d(output, parameters('last', [1, 9, 1, 1], { value: 0 }), { stride: 1, padding: 0 }), x);
});
