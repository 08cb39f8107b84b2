/** The type of a conformance case, and how to make one from an expression. */
import { constant, feed, multiply, sum } from '../graph/build.ts';
import { gradient } from '../graph/gradient.ts';
import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';

/** A program with inputs, run a few times; outputs and states must agree after each run. */
export interface ConformanceCase {
  readonly name: string;
  readonly program: Program;
  readonly feeds: TensorMap;
  readonly states: TensorMap;
  readonly runs: number;
}

/** An input's value, or the shape of a random one. */
type Given = Shape | Tensor;

/** A case with the output of a composition of inputs. */
export const single = (name: string, given: readonly Given[], build: (...inputs: Node[]) => Node): ConformanceCase => {
  const feeds: Record<string, Tensor> = {};
  const inputs = given.map((one, i) => {
    const value = 'data' in one ? one : normalTensor(one, 1, ['conformance', name, i]);
    feeds[`x${i}`] = value;
    return feed(`x${i}`, value.shape);
  });
  return { name, program: createProgram(name, { y: build(...inputs) }), feeds, states: {}, runs: 1 };
};

/** A case with the output of a composition, and the gradients for all inputs under a random linear loss. */
export const withGradients = (
  name: string,
  given: readonly Given[],
  build: (...inputs: Node[]) => Node,
): ConformanceCase => {
  const base = single(name, given, build);
  const inputs = Object.keys(base.feeds).map((feedName) => base.program.feeds[feedName]);
  const y = base.program.outputs.y;
  const weights = constant(normalTensor(y.shape, 2, ['conformance', name]));
  const gradients = gradient(sum(multiply(y, weights)), inputs);
  const outputs: Record<string, Node> = { y };
  gradients.forEach((node, i) => {
    outputs[`d${i}`] = node;
  });
  return { ...base, program: createProgram(name, outputs) };
};
