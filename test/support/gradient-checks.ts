/**
 * What tests of gradients share, all in float64: random inputs, a scalar to differentiate, and the two ways to check a
 * gradient that know nothing of its rule: a central difference, and, for linear maps, the adjoint.
 */
import assert from 'node:assert/strict';
import { constant, feed, multiply, sum } from '../../src/graph/build.ts';
import { evaluateExactly, type Value } from '../../src/graph/evaluate.ts';
import { gradient } from '../../src/graph/gradient.ts';
import { isOp, type Node, type OpName, topologicalOrder } from '../../src/graph/node.ts';
import { createRandom, normalTensor } from '../../src/math/random.ts';
import { elementCount, type Shape } from '../../src/math/shape.ts';
import type { TensorMap } from '../../src/math/tensor.ts';

/** Inputs by name. */
type Values = Map<string, Value>;

/** Normal values that a name decides. */
export const random = (name: string, shape: Shape, scale = 1): Value => {
  const { normal } = createRandom(1, ['differences', name]);
  return { shape, data: Float64Array.from({ length: elementCount(shape) }, () => scale * normal()) };
};

/** Tensors as the evaluator takes them. */
export const exactly = (tensors: TensorMap): Values =>
  new Map(Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));

const inputsOf = (nodes: readonly Node[]): Node<'input'>[] =>
  topologicalOrder(nodes).filter((one): one is Node<'input'> => isOp(one, 'input'));

/** Random values for every input of some nodes, but for those that are given. */
export const randomInputs = (nodes: readonly Node[], given: Values = new Map()): Values =>
  new Map(
    inputsOf(nodes).map(({ attributes: { name }, shape }) => [name, given.get(name) ?? random(name, shape)] as const),
  );

/** A case that has lost its op would test nothing. */
export const assertHasOp = (node: Node, op: string): void =>
  assert.ok(
    topologicalOrder([node]).some((one) => one.op === (op as OpName)),
    'the case has its op',
  );

/** Any node as a scalar: its product with fixed random weights. */
export const weighed = (y: Node): Node => sum(multiply(y, constant(normalTensor(y.shape, 2, ['weights']))));

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, value, i) => total + value * b[i], 0);

const scalarAt = (node: Node, values: Values): number => evaluateExactly([node], values)[0].data[0];

/**
 * The slope of a scalar along a random direction in all its inputs together, by its gradient and by a central
 * difference. The gradient's constants are float32, so it may be off by 2⁻²⁴.
 */
function slopes(loss: Node, given?: Values): { byGradient: number; byDifference: number } {
  const inputs = inputsOf([loss]);
  const values = randomInputs([loss], given);
  const directions = inputs.map(({ attributes: { name }, shape }) => random(`to ${name}`, shape).data);
  const moved = (step: number): Values =>
    new Map(
      inputs.map(({ attributes: { name }, shape }, i) => {
        const { data } = values.get(name) as Value;
        return [name, { shape, data: data.map((value, k) => value + step * directions[i][k]) }];
      }),
    );
  const step = 1e-6;
  const gradients = evaluateExactly(gradient(loss, inputs), values);
  return {
    byGradient: gradients.reduce((total, { data }, i) => total + dot(data, directions[i]), 0),
    byDifference: (scalarAt(loss, moved(step)) - scalarAt(loss, moved(-step))) / (2 * step),
  };
}

/** Checks a scalar's gradient against its central difference. */
export function assertSlope(loss: Node, given?: Values): void {
  const { byGradient, byDifference } = slopes(loss, given);
  const error = Math.abs(byGradient - byDifference) / Math.max(1e-3, Math.abs(byDifference));
  assert.ok(error < 1e-6, `${byGradient} by gradient, ${byDifference} by difference`);
}

/** Checks that the gradient of a linear map A is its adjoint: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ to the last bits, for random x and y. */
export function assertAdjoint(x: Node<'input'>, image: Node): void {
  const y = feed('y', image.shape);
  const [adjoint] = gradient(sum(multiply(image, y)), [x]);
  const values = randomInputs([x, y]);
  const [ax, aty] = evaluateExactly([image, adjoint], values);
  const [ofX, ofY] = [x, y].map((node) => (values.get(node.attributes.name) as Value).data);
  const [left, right] = [dot(ax.data, ofY), dot(ofX, aty.data)];
  const scale = Math.sqrt(dot(ax.data, ax.data) * dot(ofY, ofY));
  assert.ok(Math.abs(left - right) <= 1e-13 * scale, `${left} and ${right}`);
}
