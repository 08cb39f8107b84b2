/**
 * Reverse-mode differentiation, graph to graph: the gradient is more graph, which every runtime
 * executes like the rest, and which can be differentiated again.
 */
import { expected } from '../math/errors.ts';
import { elementCount, showShape } from '../math/shape.ts';
import { filled } from '../math/tensor.ts';
import { add, constant } from './build.ts';
import { gradientRules } from './gradient-rules.ts';
import { type Node, type OpName, topologicalOrder } from './node.ts';

const rule = <K extends OpName>(node: Node<K>, g: Node): readonly (Node | null)[] => gradientRules[node.op](node, g);

/**
 * The gradient of a scalar for some of the nodes it depends on.
 *
 * @param loss a node of one element
 * @param wanted the nodes to differentiate for
 * @returns one node a wanted node, of its shape; zeros where the loss does not depend on it
 * @throws RddmError when the loss has more than one element
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

  // Only what leads to a wanted node gets a gradient: the rest would be work for nothing.
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
