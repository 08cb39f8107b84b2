/**
 * Where a network's weights come from. A network is a function of a `Parameters`: with states it becomes a training
 * graph, with constants an inference graph, with a recorder a list of shapes. One description of the architecture
 * serves all three.
 */
import { constant, state } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { createRandom } from '../math/random.ts';
import { elementCount, type Shape, sameShape, showShape } from '../math/shape.ts';
import { filled, type Tensor, type TensorMap } from '../math/tensor.ts';

/** The initial values of a weight: uniform in ±bound, or one value. */
export type Initialisation = { readonly uniform: number } | { readonly value: number };

/** Requests a weight by its name in the reference implementation. */
export type Parameters = (name: string, shape: Shape, initialisation: Initialisation) => Node;

/** A requested weight. */
export interface ParameterSpec {
  readonly shape: Shape;
  readonly initialisation: Initialisation;
}

/** The same parameters under a prefix: `scoped(p, 'downs.0')('weight', …)` requests `downs.0.weight`. */
export const scoped =
  (parameters: Parameters, prefix: string): Parameters =>
  (name, shape, initialisation) =>
    parameters(`${prefix}.${name}`, shape, initialisation);

/** Weights that live in the runtime and can be trained. Asking twice gives the same node. */
export function stateParameters(): { parameters: Parameters; nodes: Map<string, Node<'input'>> } {
  const nodes = new Map<string, Node<'input'>>();
  return {
    nodes,
    parameters: (name, shape) => {
      const node = nodes.get(name) ?? state(name, shape);
      nodes.set(name, node);
      return node;
    },
  };
}

/**
 * Weights that are constants of the graph: the runtime packs them once.
 *
 * @throws RddmError when the network requests a weight that is missing or has another shape
 */
export const constantParameters =
  (weights: TensorMap): Parameters =>
  (name, shape) => {
    const value = weights[name];
    if (!value) throw expected('network', `a weight "${name}" of ${showShape(shape)}`, 'none');
    if (!sameShape(value.shape, shape))
      throw expected('network', `"${name}" of ${showShape(shape)}`, showShape(value.shape));
    return constant(value);
  };

/** Runs `build` only to learn which weights it requests, in their order. */
export function recordParameters(build: (parameters: Parameters) => unknown): Record<string, ParameterSpec> {
  const specs: Record<string, ParameterSpec> = {};
  build((name, shape, initialisation) => {
    specs[name] = { shape, initialisation };
    return state(name, shape);
  });
  return specs;
}

/**
 * Initial weights; each is a function of only the seed and its name.
 *
 * @example
 * ```ts
 * import { initialWeights } from 'rddm';
 * import assert from 'node:assert/strict';
 * const weight = { shape: [4, 3], initialisation: { uniform: 0.5 } };
 * const { weight: values } = initialWeights({ weight }, 1);
 * assert.ok(values.data.every((value) => Math.abs(value) <= 0.5));
 * assert.deepEqual(values, initialWeights({ other: weight, weight }, 1).weight);
 * ```
 */
export function initialWeights(specs: Readonly<Record<string, ParameterSpec>>, seed: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, initialisation }]) => {
      if ('value' in initialisation) return [name, filled(shape, initialisation.value)];
      const random = createRandom(seed, ['initial weight', name]);
      const data = new Float32Array(elementCount(shape));
      for (let i = 0; i < data.length; i++) data[i] = random.between(-initialisation.uniform, initialisation.uniform);
      return [name, { shape, data }];
    }),
  );
}
