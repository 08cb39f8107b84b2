/**
 * From a program to ONNX: each node is lowered once, in topological order; feeds and states become graph inputs,
 * outputs and updates become graph outputs.
 */
import { isOp, type Node, type OpName } from '../graph/node.ts';
import { type Program, programNodes } from '../graph/program.ts';
import { expected } from '../math/errors.ts';
import { elementCount } from '../math/shape.ts';
import { createLowering, type Lowering, type LoweringOptions, type Name, type Provider } from './lowering.ts';
import { loweringRules } from './lowering-rules.ts';
import { encodeOnnx, type OnnxModel, type OnnxNode, type OnnxValue } from './model.ts';
import { formatsOf, type Precision } from './precision.ts';

/**
 * The ONNX output that carries the next value of a state.
 *
 * @example
 * ```ts
 * import { updateName } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * assert.equal(updateName('weight'), 'next weight');
 * ```
 */
export const updateName = (state: string): string => `next ${state}`;

const lower = <K extends OpName>(node: Node<K>, inputs: readonly Name[], to: Lowering): Name =>
  loweringRules[node.op](node, inputs, to);

/**
 * Lowers each node once, in order. A value gets the format that a reader needs by a cast; a constant is written in that
 * format.
 *
 * @returns the name of a node's value in float32, which is made if it does not exist yet
 */
function lowerNodes(nodes: readonly Node[], to: Lowering, precision: Precision): (node: Node) => Name {
  const given = new Map<Node, Precision>();
  const names: Readonly<Record<Precision, Map<Node, Name>>> = { float32: new Map(), float16: new Map() };
  const nameIn = (node: Node, format: Precision): Name => {
    const known = names[format].get(node);
    if (known !== undefined) return known;
    const own = given.get(node) as Precision;
    const name = isOp(node, 'constant') ? lower(node, [], to.in(format)) : to.in(format).cast(nameIn(node, own));
    names[format].set(node, name);
    return name;
  };
  for (const node of nodes) {
    // A constant exists in every format.
    const variable = node.inputs.filter((input) => !isOp(input, 'constant'));
    const { computes, gives } = formatsOf(
      node,
      variable.map((input) => given.get(input) as Precision),
      precision,
    );
    given.set(node, gives);
    if (isOp(node, 'constant')) continue;
    const inputs = node.inputs.map((input) => nameIn(input, computes));
    const result = lower(node, inputs, to.in(computes));
    names[gives].set(node, computes === gives ? result : to.in(gives).cast(result));
  }
  return (node) => nameIn(node, 'float32');
}

/** Gives values their public names, or makes a copy if a value cannot be renamed (an input, or already named). */
function nameOutputs(nodes: readonly OnnxNode[], wanted: readonly (readonly [Name, string])[]): OnnxNode[] {
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<Name, string>();
  const copies: (readonly [Name, string])[] = [];
  for (const [value, name] of wanted) {
    if (produced.has(value) && !renamed.has(value)) renamed.set(value, name);
    else copies.push([value, name]);
  }
  const current = (name: Name): string => renamed.get(name) ?? name;
  return [
    ...nodes.map((node) => ({ ...node, inputs: node.inputs.map(current), outputs: node.outputs.map(current) })),
    ...copies.map(([value, name]) => ({
      opType: 'Identity',
      inputs: [current(value)],
      outputs: [name],
      attributes: {},
    })),
  ];
}

/** Up to this many numbers, a value is small. */
const SMALL = 2 ** 12;

/**
 * Small values, whose shapes are given if there is one image. Otherwise their number of images would be open like that
 * of all others, and ONNX Runtime's planner compares each value with all free open ones: without the small ones,
 * opening a training step takes a third less time. With several images no shape is given: a value multiplied by one
 * with that number has it too, so the shapes of large values would also become known, and they would be kept (1.6
 * instead of 1.0 GB for 16 images of 64×64 at dim 32).
 */
function smallValues(
  { feeds }: Program,
  nodes: readonly Node[],
  nameOf: (node: Node) => Name,
  made: readonly OnnxNode[],
): OnnxValue[] {
  if (Object.values(feeds).some(({ shape }) => shape.length > 0 && shape[0] !== 1)) return [];
  const isSmall = ({ shape }: Node): boolean => elementCount(shape) <= SMALL;
  const readByLarge = new Set(nodes.filter((node) => !isSmall(node)).flatMap(({ inputs }) => inputs));
  const told = nodes.filter((node) => isSmall(node) && (node.shape[0] === 1 || !readByLarge.has(node)));
  const names = new Set(made.flatMap(({ outputs }) => outputs));
  return told.map((node) => ({ name: nameOf(node), shape: node.shape })).filter(({ name }) => names.delete(name));
}

/** The inputs and outputs of a program's graph, by public name. */
function endsOf({ feeds, states, outputs, updates }: Program) {
  const results = [
    ...Object.entries(outputs),
    ...Object.entries(updates).map(([state, node]) => [updateName(state), node] as const),
  ];
  const inputs = { feeds: Object.entries(feeds), states: Object.entries(states) };
  const names = [...inputs.feeds, ...inputs.states, ...results].map(([name]) => name);
  const taken = new Set(names);
  const twice = names.find((name) => !taken.delete(name));
  if (twice) throw expected('emit', 'no name that the next value of a state has', `"${twice}" twice`);
  return { ...inputs, results, names: new Set(names) };
}

/**
 * The ONNX graph of a program for a provider, as plain data.
 *
 * @param options the forms of convolutions, and the precision; the graph's inputs and outputs are float32 in any case
 * @throws RddmError if a feed, state or output is called `next x` beside an updated state `x`
 *
 * @example
 * ```ts
 * import { createProgram, feed, lowerProgram, multiply } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const model = lowerProgram(createProgram('double', { y: multiply(feed('x', [3]), 2) }), 'cpu');
 * assert.deepEqual(model.nodes.map(({ opType, outputs }) => [opType, outputs]), [['Mul', ['y']]]);
 * ```
 */
export function lowerProgram(program: Program, provider: Provider, options: LoweringOptions = {}): OnnxModel {
  const ends = endsOf(program);
  const to = createLowering(provider, ends.names, options);
  const all = programNodes(program);
  const precision = options.precision ?? 'float32';
  const nameOf = lowerNodes(all, to, precision);
  const results = ends.results.map(([name, node]) => [nameOf(node), name] as const);
  const described = ([name, { shape }]: readonly [string, Node]) => ({ name, shape });
  // The number of images is left open, although it is known. If ONNX Runtime knows a value's whole shape, it plans it
  // into the memory of an earlier value of that shape, which is then kept from the end of the one to the beginning of
  // the other: in a training step from the forward to the backward pass, a gigabyte for the paper's network at 256×256.
  const open = ([name, { shape }]: readonly [string, Node]) => ({
    name,
    shape: shape.map((size, axis) => (axis === 0 ? undefined : size)),
  });
  const nodes = nameOutputs(to.nodes, results);
  return {
    name: program.name,
    nodes,
    initializers: to.initializers,
    inputs: [...ends.feeds.map(open), ...ends.states.map(described)],
    outputs: ends.results.map(described),
    values: precision === 'float32' ? smallValues(program, all, nameOf, nodes) : [],
  };
}

/**
 * The ONNX bytes of a program, for one execution provider.
 *
 * @param options the forms of convolutions, and the precision; the graph's inputs and outputs are float32 in any case
 * @throws RddmError if a feed, state or output is called `next x` beside an updated state `x`
 *
 * @example
 * ```ts
 * import { createProgram, emit, feed, multiply } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const program = createProgram('double', { y: multiply(feed('x', [3]), 2) });
 * assert.ok(emit(program, 'cpu').length > 0);
 * ```
 */
export const emit = (program: Program, provider: Provider, options: LoweringOptions = {}): Uint8Array<ArrayBuffer> =>
  encodeOnnx(lowerProgram(program, provider, options));
