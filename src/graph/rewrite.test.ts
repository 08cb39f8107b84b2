import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { add, exp, feed, multiply, negate } from './build.ts';
import { evaluate } from './evaluate.ts';
import { isOp, type Node } from './node.ts';
import { rewrite } from './rewrite.ts';

test('a node that no rule touches stays the same node', () => {
  const x = feed('x', [2]);
  const [left, right] = [exp(x), negate(x)];
  const outputs = [add(left, 1), multiply(right, 2)];
  const [same, changed] = rewrite(outputs, (node, inputs) => (node === right ? exp(inputs[0]) : undefined));
  assert.equal(same, outputs[0]);
  assert.notEqual(changed, outputs[1]);
  const given = { x: tensor([2], [0, 1]) };
  assert.deepEqual([...evaluate([changed], given)[0].data], [2, Math.fround(2 * Math.E)]);
});

test('a shared node is rewritten once, and its readers get the result', () => {
  const shared = exp(feed('x', []));
  let times = 0;
  const rule = (node: Node, [input]: readonly Node[]): Node | undefined => {
    if (!isOp(node, 'exp')) return undefined;
    times++;
    return negate(input);
  };
  const [sum] = rewrite([add(shared, multiply(shared, shared))], rule);
  assert.equal(times, 1);
  assert.equal(sum.inputs[0], sum.inputs[1].inputs[0]);
  assert.equal(evaluate([sum], { x: tensor([], [3]) })[0].data[0], 6);
});
