/** Networks of any kind: how far each sees, and that none is trusted that sees further in larger pictures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, conv2d, feed, reshape, sum } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { fieldOfAnySize } from './field-of-any-size.ts';
import { networkOf, networkSchema } from './registry.ts';

const field = (settings: object) => {
  const network = networkOf(networkSchema.parse(settings));
  return fieldOfAnySize(network.sizeMultiple, (height, width, parameters) => {
    const seen = feed('seen', [1, 3, height, width]);
    const time = feed('time', [1, network.timeWidth]);
    return { outputs: [network.build({ seen, time, outChannels: 3, parameters })], images: [seen] };
  });
};

test('the local network sees as far as its convolutions add up to', () => {
  const shape = { kind: 'local', width: 4, encoder: [0], middle: 1, decoder: [0] };
  const { rows, columns } = field({ ...shape, blocks: 'gated' });
  assert.deepEqual(rows, columns);
  assert.deepEqual([rows.period, rows.step], [4, 4]);
  // Pixel 0 is in square 0 of 2×2, made of squares −1 … 1 (`ending`). They are in squares of squares −1 … 0, which see −2 … 1
  // (the block in the middle), which are squares −4 … 3, which see −5 … 4 (`intro`): pixels −10 … 9.
  assert.deepEqual(rows.intervals, [
    [-10, 9],
    [-10, 9],
    [-6, 13],
    [-6, 13],
  ]);
  assert.deepEqual([rows.before, rows.after], [11, 11]);
  // Two convolutions a block: one more square of squares.
  assert.deepEqual(field({ ...shape, blocks: 'plain' }).rows.intervals[0], [-14, 13]);
  assert.ok(field({ kind: 'local', encoder: [3], decoder: [3] }).rows.before > 11);
});

test("the paper's network and that of diffusers look everywhere, and the op that does is named", () => {
  assert.throws(() => field({ dim: 8, multipliers: [1, 2], groups: 4 }), {
    name: 'RddmError',
    message:
      'receptiveField: expected ops that look at near pixels alone, got reshape of 1x8x4x6, which merges rows with the axis before them',
  });
  assert.throws(() => field({ kind: 'diffusers', widths: [8, 8], groups: 4 }), /^RddmError: .* got reshape of 1x8x/);
});

test('what grows with the picture is refused, although each of its graphs can be followed', () => {
  const halves = (x: Node): Node => {
    const [n, c, height, width] = x.shape;
    const sums = sum(reshape(x, [n, c, 2, height / 2, width]), [3]);
    return reshape(add(sums, reshape(x, [n, c, 2, height / 2, width])), x.shape);
  };
  const build = (make: (x: Node) => Node) => () =>
    fieldOfAnySize(2, (height, width, parameters) => {
      const x = feed('x', [1, 1, height, width]);
      const weight = parameters('w', [1, 1, 1, 1], { value: 1 });
      return { outputs: [conv2d(make(x), weight, { stride: 1, padding: 0 })], images: [x] };
    });
  assert.throws(build(halves), {
    name: 'RddmError',
    message: 'receptiveField: expected a network that looks equally far in pictures of any size, got one that does not',
  });
  assert.doesNotThrow(build((x) => x));
});
