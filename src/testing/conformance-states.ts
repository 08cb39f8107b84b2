/**
 * Programs whose states a runtime is tempted to overwrite too early: before their last reader, because it fused the
 * reader with the update, or because it folded a copy into its readers.
 */
import {
  add,
  divide,
  feed,
  matmul,
  minimum,
  multiply,
  silu,
  softmax,
  sqrt,
  square,
  state,
  subtract,
  sum,
  transpose,
} from '../graph/build.ts';
import { gradient } from '../graph/gradient.ts';
import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** Three runs on random values, small enough that products do not grow. */
function stateCase(name: string, outputs: Record<string, Node>, updates: Record<string, Node>): ConformanceCase {
  const program = createProgram(name, outputs, updates);
  const values = (inputs: Program['feeds']): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(inputs).map(([input, { shape }]) => {
        const { data } = normalTensor(shape, 3, ['conformance', name, input]);
        return [input, { shape, data: data.map((value) => value / 4) }];
      }),
    );
  return { name, program, feeds: values(program.feeds), states: values(program.states), runs: 3 };
}

const size = 16;
const matrix = [size, size];
const x = feed('x', matrix);
const w = state('w', matrix);
const v = state('v', matrix);
const flipped = (node: Node): Node => transpose(node, [1, 0]);
const descent = (weight: Node, slope: Node): Node => subtract(weight, multiply(slope, 0.3));

/** Descent on the squared output of two layers: each weight is read in the forward and again in the backward pass. */
function twoLayers(name: string, scaleOf: (gradients: readonly Node[]) => Node | number): ConformanceCase {
  const loss = sum(square(matmul(silu(matmul(x, flipped(v))), flipped(w))));
  const gradients = gradient(loss, [v, w]);
  const scale = scaleOf(gradients);
  const [nextV, nextW] = [v, w].map((weight, i) => descent(weight, multiply(gradients[i], scale)));
  return stateCase(name, { loss }, { v: nextV, w: nextW });
}

const kept = add(w, multiply(matmul(flipped(w), x), 0.1));

/** The same, with every state starting as the same tensor. */
const beginningAsOne = (one: ConformanceCase): ConformanceCase => {
  const [first] = Object.values(one.states);
  return { ...one, states: Object.fromEntries(Object.keys(one.states).map((name) => [name, first])) };
};

/** All cases. */
export const stateCases: readonly ConformanceCase[] = [
  stateCase(
    'states that read each other',
    { total: sum(add(v, w)) },
    { v: add(v, multiply(w, x)), w: subtract(w, multiply(v, x)) },
  ),
  twoLayers('descent', () => 1),
  twoLayers('descent with a clipped gradient', (gradients) =>
    minimum(1, divide(0.5, sqrt(gradients.map((g) => sum(square(g))).reduce((total, one) => add(total, one))))),
  ),
  stateCase('a state replaced by its product', {}, { w: add(matmul(w, x), v) }),
  stateCase('a state replaced by its activation', {}, { w: silu(w) }),
  stateCase('a transposed state read after its update', { y: matmul(kept, flipped(w)) }, { w: kept }),
  stateCase('a scaled state read after its update', { y: matmul(kept, multiply(w, 0.5)) }, { w: kept }),
  beginningAsOne(
    stateCase('a weight and its average', {}, { w: multiply(w, 0.5), v: add(multiply(v, 0.75), multiply(w, 0.25)) }),
  ),
  stateCase('a state and its decay', { y: softmax(w) }, { w: multiply(w, 0.5), v: add(v, w) }),
];
