/**
 * Rewrites a graph: every node is rebuilt from its new inputs, or replaced. Nodes that nothing changes stay the same.
 */
import { makeNode } from './make-node.ts';
import { type Node, topologicalOrder } from './node.ts';

/**
 * Rewrites a graph.
 *
 * @param rule returns the replacement of a node, given its new inputs; undefined for the same op on them
 * @returns the new node of each output
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { add, evaluate, exp, feed, isOp, negate, rewrite } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const y = add(exp(feed('x', [1])), 1);
 * const [changed] = rewrite([y], (node, inputs) => (isOp(node, 'exp') ? negate(inputs[0]) : undefined));
 * assert.deepEqual([...evaluate([changed], { x: tensor([1], [3]) })[0].data], [-2]);
 * ```
 */
export function rewrite(
  outputs: readonly Node[],
  rule: (node: Node, inputs: readonly Node[]) => Node | undefined,
): Node[] {
  const now = new Map<Node, Node>();
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map((input) => now.get(input) as Node);
    const isSame = inputs.every((input, i) => input === node.inputs[i]);
    now.set(node, rule(node, inputs) ?? (isSame ? node : makeNode(node.op, inputs, node.attributes)));
  }
  return outputs.map((node) => now.get(node) as Node);
}
