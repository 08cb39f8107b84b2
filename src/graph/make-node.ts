/** Makes a node of any op. Its shape is worked out, and its inputs are refused, at the line that builds. */
import type { Attributes, Node, OpName } from './node.ts';
import { shapeRules } from './shape-rules.ts';

let made = 0;

export function makeNode<K extends OpName>(op: K, inputs: readonly Node[], attributes: Attributes[K]): Node<K> {
  const shape = shapeRules[op](
    inputs.map((input) => input.shape),
    attributes,
  );
  return { op, inputs, attributes, shape, order: made++ };
}
