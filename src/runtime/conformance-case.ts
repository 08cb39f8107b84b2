/** How a conformance case is made of a few lines: its inputs are random, named by the case. */
import { constant, feed, multiply, sum } from '../graph/build.ts';
import { gradient } from '../graph/gradient.ts';
import type { Node } from '../graph/node.ts';
import { createProgram } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import type { Shape } from '../math/shape.ts';
import type { ConformanceCase } from './conformance-states.ts';

/** One output of inputs of the shapes given. */
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
