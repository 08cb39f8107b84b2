/**
 * Reverse-mode differentiation, graph to graph: the gradient is more graph, which every runtime executes like the rest,
 * and which can be differentiated again.
 */
import { expected } from '../math/errors.ts';
import { elementCount, showShape } from '../math/shape.ts';
import { filled } from '../math/tensor.ts';
import { add, constant } from './build.ts';
import { gradientRules } from './gradient-rules.ts';
import { type Node, type OpName, topologicalOrder } from './node.ts';

const rule = <K extends OpName>(node: Node<K>, g: Node): readonly (Node | null)[] => gradientRules[node.op](node, g);

/**
 * The gradient of a scalar with respect to some nodes.
 *
 * @param loss a node of one element
 * @param wanted the nodes to differentiate with respect to
 * @returns one node per wanted node, of its shape; zeros if the loss does not depend on it
 * @throws RddmError if the loss has more than one element
 *
 * @example
 * ```ts
 * import { evaluate, feed, gradient, multiply, sum } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = feed('x', [2]);
 * const [dx] = gradient(sum(multiply(x, x)), [x]);
 * const [value] = evaluate([dx], { x: { shape: [2], data: Float32Array.of(3, -1) } });
 * assert.deepEqual([...value.data], [6, -2]);
 * ```
 */
export function gradient(loss: Node, wanted: readonly Node[]): Node[] {
  if (elementCount(loss.shape) !== 1) throw expected('gradient', 'a loss of one element', showShape(loss.shape));
  const order = topologicalOrder([loss]);

  // Only nodes that lead to a wanted node get a gradient; the rest would be wasted work.
  const leads = new Set<Node>(wanted);
  for (const node of order) if (node.inputs.some((input) => leads.has(input))) leads.add(node);

  const gradients = new Map<Node, Node>([[loss, constant(filled(loss.shape, 1))]]);
  for (const node of order.reverse()) {
    const g = gradients.get(node);
    if (!g || !node.inputs.some((input) => leads.has(input))) continue;
    const flows = rule(node, g);
    node.inputs.forEach((input, i) => {
      const flow = flows[i];
      if (!flow || !leads.has(input)) return;
      const soFar = gradients.get(input);
      gradients.set(input, soFar ? add(soFar, flow) : flow);
    });
  }
  return wanted.map((node) => gradients.get(node) ?? constant(filled(node.shape, 0)));
}
