/** Gradients by central differences in a random direction, in float64: what tests of gradients share. */
import assert from 'node:assert/strict';
import { evaluateExactly, type Value } from '../../src/graph/evaluate.ts';
import { gradient } from '../../src/graph/gradient.ts';
import { isOp, type Node, topologicalOrder } from '../../src/graph/node.ts';
import { createRandom } from '../../src/math/random.ts';
import { elementCount, type Shape } from '../../src/math/shape.ts';

/** Inputs by name. */
type Values = Map<string, Value>;

/** Normal values that a name decides. */
export const random = (name: string, shape: Shape, scale = 1): Value => {
  const { normal } = createRandom(1, ['differences', name]);
  return { shape, data: Float64Array.from({ length: elementCount(shape) }, () => scale * normal()) };
};

const inputsOf = (node: Node): Node<'input'>[] =>
  topologicalOrder([node]).filter((one): one is Node<'input'> => isOp(one, 'input'));

const scalarAt = (node: Node, values: Values): number => evaluateExactly([node], values)[0].data[0];

/**
 * The slope of a scalar along a random direction in all its inputs together, by its gradient and by a central
 * difference. The gradient's constants are float32, so it may be off by 2⁻²⁴.
 */
function slopes(loss: Node, given: Values = new Map()): { byGradient: number; byDifference: number } {
  const inputs = inputsOf(loss);
  const values: Values = new Map(
    inputs.map(({ attributes: { name }, shape }) => [name, given.get(name) ?? random(name, shape)]),
  );
  const directions: Values = new Map(
    inputs.map(({ attributes: { name }, shape }) => [name, random(`to ${name}`, shape)]),
  );
  const moved = (step: number): Values =>
    new Map(
      [...values].map(([name, { shape, data }]) => {
        const direction = directions.get(name) as Value;
        return [name, { shape, data: data.map((value, i) => value + step * direction.data[i]) }];
      }),
    );
  const step = 1e-6;
  const gradients = evaluateExactly(gradient(loss, inputs), values);
  return {
    byGradient: inputs.reduce((total, { attributes: { name } }, i) => {
      const direction = directions.get(name) as Value;
      return gradients[i].data.reduce((some, value, k) => some + value * direction.data[k], total);
    }, 0),
    byDifference: (scalarAt(loss, moved(step)) - scalarAt(loss, moved(-step))) / (2 * step),
  };
}

/** Checks a scalar's gradient against its central difference. */
export function assertSlope(loss: Node, given?: Values): void {
  const { byGradient, byDifference } = slopes(loss, given);
  const error = Math.abs(byGradient - byDifference) / Math.max(1e-3, Math.abs(byDifference));
  assert.ok(error < 1e-6, `${byGradient} by gradient, ${byDifference} by difference`);
}
