/** What `gradient` does with a graph; the gradient of each op is in gradient-by-hand.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { elementCount } from '../math/shape.ts';
import { add, exp, feed, matmul, multiply, square, sum } from './build.ts';
import { evaluateExactly } from './evaluate.ts';
import { gradient } from './gradient.ts';
import { type Node, topologicalOrder } from './node.ts';

describe('gradient', () => {
  const x = feed('x', []);
  const at = (nodes: readonly Node[], value: number): number[] =>
    evaluateExactly(nodes, new Map([['x', { shape: [], data: Float64Array.of(value) }]])).map(({ data }) => data[0]);

  test('adds up if a node is used more than once', () => {
    const y = multiply(add(x, 1), x); // x² + x
    assert.deepEqual(at(gradient(multiply(y, y), [x]), 2), [2 * 6 * 5]);
  });

  test('of nodes within the graph, of the loss itself, and of the same node twice', () => {
    const y = square(x);
    const loss = multiply(y, 5);
    assert.deepEqual(at(gradient(loss, [y, x, loss, y]), 3), [5, 30, 1, 5]);
  });

  test('is zero if the loss does not depend on a node', () => {
    const other = feed('other', [2, 3]);
    const [none] = gradient(square(x), [other]);
    assert.deepEqual(none.shape, [2, 3]);
    assert.equal(elementCount(none.shape), 6);
    assert.deepEqual([...evaluateExactly([none], new Map())[0].data], [0, 0, 0, 0, 0, 0]);
  });

  test('of a gradient, repeatedly: x⁴', () => {
    let y: Node = multiply(square(x), square(x));
    const derivatives = [y];
    for (let order = 1; order <= 5; order++) {
      [y] = gradient(y, [x]);
      derivatives.push(y);
    }
    assert.deepEqual(at(derivatives, 2), [16, 32, 48, 48, 24, 0]);
  });

  test('builds nothing for inputs that lead to no wanted node', () => {
    const w = feed('w', [2, 2]);
    const [dw] = gradient(sum(matmul(exp(feed('image', [2, 2])), w)), [w]);
    // dw needs the exponential, not its derivative.
    assert.equal(topologicalOrder([dw]).filter((node) => node.op === 'exp').length, 1);
    assert.equal(topologicalOrder([dw]).filter((node) => node.op === 'multiply').length, 0);
  });

  test('refuses a loss of several elements with a sentence', () => {
    assert.throws(
      () => gradient(feed('x', [2, 3]), [x]),
      /^RddmError: gradient: expected a loss of one element, got 2x3$/,
    );
  });
});
