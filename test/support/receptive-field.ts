/**
 * A receptive field against the truth: pixels of an image are changed one at a time, and the reference evaluator says which
 * output pixels change.
 */
import assert from 'node:assert/strict';
import { evaluateExactly } from '../../src/graph/evaluate.ts';
import type { Node } from '../../src/graph/node.ts';
import { type DirectionField, receptiveField } from '../../src/graph/receptive-field.ts';
import { normalTensor } from '../../src/math/random.ts';

const intervalOf = ({ period, step, intervals }: DirectionField, output: number): [number, number] => {
  const [first, last] = intervals[output % period];
  const moved = Math.floor(output / period) * step;
  return [first + moved, last + moved];
};

/**
 * Asserts that output pixels see exactly what the graph says.
 *
 * @param x the only input, a feed "x" [1, C, H, W]
 * @param sees `all`: each pixel in between, so that exactly the predicted outputs change; `ends`: of what lies wholly within
 *   the picture, the first and the last row and column; in both cases, nothing beyond
 * @param pixels rows and columns of the pixels to change, by default all
 */
export function assertField(
  output: Node,
  x: Node,
  sees: 'all' | 'ends' = 'all',
  pixels?: readonly (readonly [number, number])[],
): void {
  const { rows, columns } = receptiveField([output], [x]);
  const [height, width] = x.shape.slice(2);
  const plane = height * width;
  const { data } = normalTensor(x.shape, 2, ['x']);
  const run = (change: (i: number) => number) => {
    const value = { shape: x.shape, data: Float64Array.from(data, (v, i) => v + change(i)) };
    return evaluateExactly([output], new Map([['x', value]]))[0].data;
  };
  const before = run(() => 0);
  const [outHeight, outWidth] = output.shape.slice(2);
  const outputs = Array.from({ length: outHeight * outWidth }, (_, i) => ({
    rows: intervalOf(rows, Math.floor(i / outWidth)),
    columns: intervalOf(columns, i % outWidth),
    seen: [] as (readonly [number, number])[],
  }));
  const all = Array.from({ length: plane }, (_, i) => [Math.floor(i / width), i % width] as const);
  const drawn = (flags: readonly boolean[]) =>
    flags
      .map((flag) => (flag ? 'x' : '.'))
      .join('')
      .match(new RegExp(`.{${outWidth}}`, 'g'));
  for (const [row, column] of pixels ?? all) {
    // Two changes, since one may keep an order or a sign; of each channel another, since some ops ignore a common one.
    const after = [100, -100].map((by) =>
      run((i) => (i % plane === row * width + column ? by * (1 + Math.floor(i / plane)) : 0)),
    );
    const changed = outputs.map(() => false);
    before.forEach((value, i) => {
      if (after.some((one) => one[i] !== value)) changed[i % changed.length] = true;
    });
    const within = outputs.map(
      (one) => one.rows[0] <= row && row <= one.rows[1] && one.columns[0] <= column && column <= one.columns[1],
    );
    const wanted = sees === 'all' ? within : within.map((is, i) => is && changed[i]);
    assert.deepEqual(drawn(changed), drawn(wanted), `pixel ${row}, ${column}`);
    for (const [i, one] of outputs.entries()) if (changed[i]) one.seen.push([row, column]);
  }
  if (sees === 'all') return;
  const inside = outputs.filter(
    (one) => one.rows[0] >= 0 && one.rows[1] < height && one.columns[0] >= 0 && one.columns[1] < width,
  );
  assert.ok(inside.length > 0, 'some output pixels see nothing beyond the edges');
  for (const one of inside) {
    const ends = (k: 0 | 1) => [Math.min(...one.seen.map((at) => at[k])), Math.max(...one.seen.map((at) => at[k]))];
    assert.deepEqual([ends(0), ends(1)], [one.rows, one.columns]);
  }
}
