/** Makes a node of any op. Its shape is computed, and its inputs are checked, at the line that builds it. */
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
