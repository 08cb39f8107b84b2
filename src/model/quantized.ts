/**
 * Networks whose convolutions multiply 8-bit integers: their inputs and outputs are rounded to 256 steps of a range
 * measured on photographs, and so are their kernels, with one range per channel. Everything else stays in float32:
 * norms, activations, attention except the last convolution of the full one, and the convolutions that the kind of
 * network keeps exact.
 */
import { concat, constant, conv2d, quantize, upsample } from '../graph/build.ts';
import { quantizationOfKernels, quantizationOfRange } from '../graph/eight-bit.ts';
import { evaluate } from '../graph/evaluate.ts';
import { isOp, type Node, type QuantizeAttributes, topologicalOrder } from '../graph/node.ts';
import { rewrite } from '../graph/rewrite.ts';
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';
import type { Quantization } from './config-fields.ts';

/** The constant that a kernel is computed from, if there is exactly one. */
function sourceOf(kernel: Node): Node {
  let node = kernel;
  while (isOp(node, 'reshape') || isOp(node, 'normalize')) node = node.inputs[0];
  return node;
}

/**
 * The convolutions that can multiply integers, by layer: `unet0.downs.0.0.block1.proj`.
 *
 * @param outputs of networks with constant weights
 * @param weights those constants, by name
 * @param keptExact the weights whose convolutions stay in float32, by the network's rule; by default none
 */
export function quantizableConvolutions(
  outputs: readonly Node[],
  weights: TensorMap,
  keptExact?: RegExp,
): Map<string, Node<'conv2d'>> {
  const names = new Map(Object.entries(weights).map(([name, value]) => [value, name]));
  const found = new Map<string, Node<'conv2d'>>();
  for (const node of topologicalOrder(outputs)) {
    if (!isOp(node, 'conv2d')) continue;
    const source = sourceOf(node.inputs[1]);
    const name = isOp(source, 'constant') ? names.get(source.attributes.value) : undefined;
    if (name !== undefined && !keptExact?.test(name)) found.set(name.replace(/\.weight$/, ''), node);
  }
  return found;
}

/** The convolution's kernel, standardised or not, in integers; computing all takes seconds for the paper's network. */
function quantizedKernel(kernel: Node): Node {
  const [folded] = evaluate([kernel]);
  return quantize(constant(folded), quantizationOfKernels(folded));
}

/** Quantizes values, each once for the same integers. Ops that only move pixels then move a quarter of the bytes. */
function quantizer(): (x: Node, attributes: QuantizeAttributes) => Node {
  const made = new Map<Node, Map<string, Node>>();
  const quantized = (x: Node, attributes: QuantizeAttributes): Node => {
    if (isOp(x, 'upsample'))
      return once(x, attributes, () => quantize(upsample(quantized(x.inputs[0], attributes)), attributes));
    if (isOp(x, 'concat')) {
      const { axis } = x.attributes;
      const parts = () => x.inputs.map((input) => quantized(input, attributes));
      return once(x, attributes, () => quantize(concat(parts(), axis), attributes));
    }
    return once(x, attributes, () => quantize(x, attributes));
  };
  const once = (x: Node, attributes: QuantizeAttributes, make: () => Node): Node => {
    const known = made.get(x) ?? new Map<string, Node>();
    made.set(x, known);
    const key = JSON.stringify(attributes);
    const node = known.get(key) ?? make();
    known.set(key, node);
    return node;
  };
  return quantized;
}

/** What `quantizedNetworks` needs besides the ranges. */
export interface QuantizedNetworksOptions {
  /** The weights whose convolutions stay in float32, by the network's rule; by default none. */
  readonly keptExact?: RegExp | undefined;
  /** Quantized kernels by layer: missing ones are computed and added, for use with the same weights at another size. */
  readonly kernels?: Map<string, Node> | undefined;
}

/**
 * The same networks with 8-bit convolutions.
 *
 * @param outputs of networks with constant weights
 * @param weights those constants, by name
 * @param quantization the ranges of each convolution
 * @throws RddmError if a convolution has no ranges, or ranges belong to no convolution
 */
export function quantizedNetworks<Outputs extends Readonly<Record<string, Node>>>(
  outputs: Outputs,
  weights: TensorMap,
  { layers }: Quantization,
  { keptExact, kernels = new Map() }: QuantizedNetworksOptions = {},
): Outputs {
  const nodes = Object.values(outputs);
  const names = new Map(
    [...quantizableConvolutions(nodes, weights, keptExact)].map(([name, node]) => [node as Node, name]),
  );
  const unknown = Object.keys(layers).find((name) => ![...names.values()].includes(name));
  if (unknown !== undefined) throw expected('quantization', 'ranges of the layers of this network', unknown);
  const quantized = quantizer();
  const rewritten = rewrite(nodes, (node, [x, , ...bias]) => {
    const name = names.get(node);
    if (name === undefined || !isOp(node, 'conv2d')) return undefined;
    if (!Object.hasOwn(layers, name)) throw expected('quantization', `ranges of the layer ${name}`, 'none');
    const { input, output } = layers[name];
    const kernel = kernels.get(name) ?? quantizedKernel(node.inputs[1]);
    kernels.set(name, kernel);
    const { upsampled, ...attributes } = node.attributes;
    const image = upsampled ? upsample(x) : x;
    const y = conv2d(quantized(image, quantizationOfRange(input)), kernel, attributes, bias[0]);
    return quantized(y, quantizationOfRange(output));
  });
  return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, rewritten[i]])) as Outputs;
}
