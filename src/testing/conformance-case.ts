/** What a conformance case is, and how one is made of an expression. */
import { constant, feed, multiply, sum } from '../graph/build.ts';
import { gradient } from '../graph/gradient.ts';
import type { Node } from '../graph/node.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';

/** A program with inputs, run a few times; outputs and states must agree after each run. */
export interface ConformanceCase {
  readonly name: string;
  readonly program: Program;
  readonly feeds: TensorMap;
  readonly states: TensorMap;
  readonly runs: number;
}

/** The output of a composition of random inputs. */
export const single = (name: string, shapes: readonly Shape[], build: (...inputs: Node[]) => Node): ConformanceCase => {
  const feeds: Record<string, ReturnType<typeof normalTensor>> = {};
  const inputs = shapes.map((shape, i) => {
    feeds[`x${i}`] = normalTensor(shape, 1, ['conformance', name, i]);
    return feed(`x${i}`, shape);
  });
  return { name, program: createProgram(name, { y: build(...inputs) }), feeds, states: {}, runs: 1 };
};

/** The output, and the gradients for all inputs, of a composition under a random linear loss. */
export const withGradients = (
  name: string,
  shapes: readonly Shape[],
  build: (...inputs: Node[]) => Node,
): ConformanceCase => {
  const base = single(name, shapes, build);
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
