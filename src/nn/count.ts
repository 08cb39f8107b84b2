/**
 * The size of a network, counted on its graph: parameters, and multiply-adds of one run. There are two counts, because
 * the paper's numbers (Table 11: 7.73 M, 32.9 G) come from the THOP counter, which skips layers it does not know. As
 * usual, only products of matrices and kernels count, not norms, activations and additions.
 */
import { isOp, type Node, topologicalOrder } from '../graph/node.ts';
import { elementCount } from '../math/shape.ts';

/** Parameters and multiply-adds of a network. */
export interface NetworkCount {
  /** Every weight, in any layer. */
  readonly parameters: number;
  /** For the layers with weights: convolutions and linear layers. 117.5 G for the paper's network at 256×256. */
  readonly multiplyAdds: number;
  /** For matrix products without weights, those of attention; not part of `multiplyAdds`. */
  readonly attentionMultiplyAdds: number;
  /**
   * What THOP prints. It knows `Conv2d`, `Linear` and `Upsample`, but no class derived from them and no function:
   * weight-standardised convolutions and attention's products do not count, and an upsampling counts one operation per
   * pixel. Parameters are those of the layers it knows, which exclude norms.
   */
  readonly thop: { readonly parameters: number; readonly multiplyAdds: number };
}

const isState = (node: Node): node is Node<'input'> => isOp(node, 'input') && node.attributes.role === 'state';

/** The weights that an operand consists of; none if they are standardised. A slice of a weight counts as one. */
function plainWeights(operand: Node): Node<'input'>[] {
  const nodes = topologicalOrder([operand]);
  return nodes.some(({ op }) => op === 'normalize') ? [] : nodes.filter(isState);
}

/** `downs.0.1.proj.weight` belongs to the layer `downs.0.1.proj`. */
const layerOf = (weight: string): string => weight.slice(0, weight.lastIndexOf('.'));

/**
 * Counts the network that computes `outputs`, whose weights are states (see `stateParameters`). Shared parts of two
 * outputs count once.
 *
 * @example
 * ```ts
 * import { countNetwork } from 'rddm';
 * import { conv2d, feed, state } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const y = conv2d(feed('x', [1, 3, 8, 8]), state('layer.weight', [4, 3, 3, 3]), { stride: 1, padding: 1 });
 * const { parameters, multiplyAdds } = countNetwork([y]);
 * assert.deepEqual([parameters, multiplyAdds], [4 * 3 * 9, 8 * 8 * 4 * 3 * 9]);
 * ```
 */
export function countNetwork(outputs: readonly Node[]): NetworkCount {
  const nodes = topologicalOrder(outputs);
  const weights = nodes.filter(isState);
  // A node that depends on no feed is a weight, or computed only from weights, like standardised kernels.
  const moving = new Set<Node>();
  for (const node of nodes) {
    const isFeed = isOp(node, 'input') && node.attributes.role === 'feed';
    if (isFeed || node.inputs.some((input) => moving.has(input))) moving.add(node);
  }

  let multiplyAdds = 0;
  let attentionMultiplyAdds = 0;
  let thopOperations = 0;
  const known = new Set<string>();
  for (const node of nodes) {
    if (!moving.has(node)) continue;
    if (isOp(node, 'upsample')) thopOperations += elementCount(node.shape);
    if (!isOp(node, 'conv2d') && !isOp(node, 'matmul')) continue;
    const [left, right] = node.inputs;
    if (isOp(node, 'conv2d') && node.attributes.upsampled) thopOperations += 4 * elementCount(left.shape);
    const perOutput = node.op === 'conv2d' ? elementCount(right.shape.slice(1)) : left.shape[left.shape.length - 1];
    const operations = elementCount(node.shape) * perOutput;
    if (moving.has(left) && moving.has(right)) {
      attentionMultiplyAdds += operations;
      continue;
    }
    multiplyAdds += operations;
    const plain = plainWeights(moving.has(right) ? left : right);
    if (plain.length > 0) thopOperations += operations;
    for (const { attributes } of plain) known.add(layerOf(attributes.name));
  }

  const parametersOf = (some: readonly Node[]): number => some.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    parameters: parametersOf(weights),
    multiplyAdds,
    attentionMultiplyAdds,
    thop: {
      parameters: parametersOf(weights.filter(({ attributes }) => known.has(layerOf(attributes.name)))),
      multiplyAdds: thopOperations,
    },
  };
}
