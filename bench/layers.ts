/**
 * Which layer of the network an ONNX node belongs to. The graph only says what is computed from what, so a node belongs
 * to the layer whose weight it reads, or else to that of the value it continues: the most recently computed of its
 * inputs. In the backward pass this is nearly right: the gradient of a weight counts for the layer from which the
 * gradient of its output came, which may be the next one.
 */
import type { TensorMap } from '../src/math/tensor.ts';
import type { OnnxModel, OnnxNode } from '../src/onnx/model.ts';

/** Everything that reads moments and averages. */
export const OPTIMISER = 'optimiser';
/** Nodes that depend on no weight: mixing the noisy image. */
const INPUT = 'input';

/** `unet0.downs.0.1.block1.proj.weight` → `downs.0.1.block1`; `adam.m/…` → `optimiser`. */
export function layerOf(state: string): string {
  if (state.includes('/')) return OPTIMISER;
  const [, stage = state, part = ''] =
    /^(?:unet\d\.)?((?:downs|ups)\.\d+\.\d+|[a-z]+(?:_[a-z]+)*\d?)(\.(?:block\d|mlp|res_conv))?/.exec(state) ?? [];
  return stage + part;
}

/**
 * The nodes that compute the gradient norm from the gradients: from the output of that name back to the squares. They
 * read no state that would show that they are the optimiser's.
 */
function normNodes(nodes: readonly OnnxNode[]): Set<OnnxNode> {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Set<OnnxNode>();
  const names = ['gradientNorm'];
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const node = producers.get(name);
    if (!node || found.has(node)) continue;
    found.add(node);
    const isSquare = node.opType === 'Mul' && node.inputs[0] === node.inputs[1];
    if (!isSquare) names.push(...node.inputs);
  }
  return found;
}

interface Value {
  readonly layer: string | undefined;
  /** When it was computed; -1 for values that exist before the run, and those computed only from them. */
  readonly at: number;
}

/**
 * The layer of each node, by the node's name.
 *
 * @param weights by name, if they are constants of the model; a constant is recognised by its memory
 */
export function layersOf({ nodes, initializers, inputs }: OnnxModel, weights: TensorMap): Map<string, string> {
  const names = new Map(Object.entries(weights).map(([name, { data }]): [unknown, string] => [data, name]));
  const values = new Map<string, Value>();
  for (const { name, data } of initializers) {
    const weight = names.get(data);
    values.set(name, { layer: weight && layerOf(weight), at: -1 });
  }
  // Names of feeds have no dot; names of states always do.
  for (const { name } of inputs) {
    values.set(name, name.includes('.') ? { layer: layerOf(name), at: -1 } : { layer: undefined, at: 0 });
  }

  const norm = normNodes(nodes);
  const layers = new Map<string, string>();
  nodes.forEach((node, i) => {
    const read = node.inputs.map((name) => values.get(name) ?? { layer: undefined, at: -1 });
    const isFixed = read.every(({ at }) => at < 0);
    const weight = read.find(({ layer, at }) => at < 0 && layer !== undefined);
    const continued = read.reduce((last, value) => (value.at > last.at ? value : last));
    const isOptimiser = norm.has(node) || read.some(({ layer }) => layer === OPTIMISER);
    const layer = isOptimiser ? OPTIMISER : (weight?.layer ?? continued.layer);
    for (const output of node.outputs) values.set(output, { layer, at: isFixed ? -1 : i + 1 });
    layers.set(node.outputs[0], layer ?? INPUT);
  });
  return layers;
}

/** The layer of a node made by onnxruntime, whose name combines its origin and the transformation. */
export const layerOfNode = (layers: ReadonlyMap<string, string>, node: string): string | undefined =>
  layers.get(node) ?? layers.get(node.replace(/(\/.*|_nchwc|_new_reshape)$/, ''));
