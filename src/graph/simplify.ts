/**
 * Reduces the nodes of a program: what was written twice is computed once, identities are removed, and small constants
 * are folded. Gradient rules know only one op each, so a gradient is full of all three. Deliberate recomputation
 * (recompute.ts) comes after this, since this would undo it.
 */
import { elementCount } from '../math/shape.ts';
import { evaluate } from './evaluate.ts';
import { makeNode } from './make-node.ts';
import { isOp, type Node, type OpName } from './node.ts';
import { type Program, programNodes } from './program.ts';
import { arithmeticRules } from './rewrite-arithmetic.ts';
import { arrangementRules } from './rewrite-arrangement.ts';
import type { Make, RewriteRules } from './rewrite-rules.ts';

const rules: RewriteRules = { ...arithmeticRules, ...arrangementRules };

function firstThatApplies<K extends OpName>(node: Node<K>, make: Make): Node | undefined {
  for (const rule of rules[node.op] ?? []) {
    const simpler = rule(node, make);
    if (simpler) return simpler;
  }
  return undefined;
}

/**
 * The largest constant, in elements, that is computed here: the evaluator is slow, and runtimes fold weights
 * themselves.
 */
const LARGEST_FOLDED = 1024;

const isSmall = ({ shape }: Node): boolean => elementCount(shape) <= LARGEST_FOLDED;

function folded(node: Node, make: Make): Node | undefined {
  // A runtime multiplies integers only if it sees the kernel's quantization.
  if (isOp(node, 'quantize')) return undefined;
  const isConstant = node.inputs.length > 0 && node.inputs.every((input) => isOp(input, 'constant') && isSmall(input));
  return isConstant && isSmall(node) ? make('constant', [], { value: evaluate([node])[0] }) : undefined;
}

const commutative: ReadonlySet<OpName> = new Set(['add', 'multiply']);

/** Finds an earlier node with the same op, inputs and attributes. */
function createNumbering(): (node: Node) => Node {
  const memories = new Map<Float32Array, number>();
  const memoryOf = (data: Float32Array): number => {
    const known = memories.get(data) ?? memories.size;
    memories.set(data, known);
    return known;
  };
  /** Compares small constants by their bits, large ones by their memory. */
  const attributesOf = (node: Node): string => {
    if (!isOp(node, 'constant')) return JSON.stringify(node.attributes);
    const { shape, data } = node.attributes.value;
    const bits = isSmall(node) && new Uint32Array(data.buffer, data.byteOffset, data.length);
    return `${shape} ${bits || `at ${memoryOf(data)}`}`;
  };
  const made = new Map<string, Node>();
  return (node) => {
    const inputs = node.inputs.map(({ order }) => order);
    if (commutative.has(node.op)) inputs.sort((a, b) => a - b);
    const key = `${node.op} ${inputs} ${attributesOf(node)}`;
    const first = made.get(key);
    if (!first) made.set(key, node);
    return first ?? node;
  };
}

/**
 * Simplifies a program without changing its inputs and outputs.
 *
 * @returns a program with the same feeds, states, outputs and updates. Values have the same bits, except for the sign
 *   of a zero, and where constant factors were merged into one, which is rounded once
 *
 * @example
 * ```ts
 * import { add, createProgram, exp, feed, multiply, negate, programNodes, simplify } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = feed('x', [2]);
 * const program = createProgram('twice', { y: add(exp(x), multiply(exp(negate(negate(x))), 1)) });
 * assert.deepEqual(programNodes(simplify(program)).map(({ op }) => op), ['input', 'exp', 'add']);
 * ```
 */
export function simplify(program: Program): Program {
  const numbered = createNumbering();
  const make: Make = (op, inputs, attributes) => {
    const node = makeNode(op, inputs, attributes);
    return firstThatApplies(node, make) ?? folded(node, make) ?? numbered(node);
  };
  const simple = new Map<Node, Node>();
  // Everything is rebuilt in its original order, which is the order in which it runs.
  for (const node of programNodes(program)) {
    const inputs = node.inputs.map((input) => simple.get(input) as Node);
    simple.set(node, isOp(node, 'input') ? node : make(node.op, inputs, node.attributes));
  }
  const all = (ends: Program['outputs']): Record<string, Node> =>
    Object.fromEntries(Object.entries(ends).map(([name, node]) => [name, simple.get(node) as Node]));
  const simpler = { ...program, outputs: all(program.outputs), updates: all(program.updates) };
  // An update that does not use the state it reads would lose it, but a program only updates states that it reads.
  const read = new Set(programNodes(simpler));
  return Object.keys(program.updates).every((name) => read.has(program.states[name])) ? simpler : program;
}
