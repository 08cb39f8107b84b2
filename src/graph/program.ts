/**
 * A program: the unit that a runtime executes. Feeds come in at each run; state stays in the runtime and is replaced by
 * its update after the run; outputs come back. Inference has no state; a training step keeps weights and optimiser
 * state resident and returns little more than the loss.
 */
import { expected } from '../math/errors.ts';
import { elementCount, sameShape, showShape } from '../math/shape.ts';
import { isOp, type Node, type OpName, topologicalOrder } from './node.ts';

/** A validated graph with named ends. */
export interface Program {
  /** For messages and profiles. */
  readonly name: string;
  readonly feeds: Readonly<Record<string, Node<'input'>>>;
  readonly states: Readonly<Record<string, Node<'input'>>>;
  readonly outputs: Readonly<Record<string, Node>>;
  /** The next values of some states, by state name. */
  readonly updates: Readonly<Record<string, Node>>;
}

/**
 * Collects and checks the inputs of a graph.
 *
 * @param name for messages and profiles
 * @param outputs what a run returns, by name
 * @param updates the next values of states, by state name; every run computes them from the old values
 * @throws RddmError if two inputs, or an input and an output, share a name, a name is empty, an update has no state or
 *   another shape, or there is nothing to compute
 *
 * @example
 * ```ts
 * import { add, createProgram, feed, multiply, state } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const total = state('total', [2]);
 * const next = add(multiply(total, 0.5), feed('x', [2]));
 * const program = createProgram('running total', { doubled: multiply(next, 2) }, { total: next });
 * assert.deepEqual([Object.keys(program.feeds), Object.keys(program.states)], [['x'], ['total']]);
 * ```
 */
export function createProgram(
  name: string,
  outputs: Readonly<Record<string, Node>>,
  updates: Readonly<Record<string, Node>> = {},
): Program {
  const ends = [...Object.values(outputs), ...Object.values(updates)];
  if (ends.length === 0) throw expected('createProgram', 'at least one output or update', 'none');
  const inputs: Record<Node<'input'>['attributes']['role'], Record<string, Node<'input'>>> = { feed: {}, state: {} };
  const taken = new Set<string>();
  for (const node of topologicalOrder(ends)) {
    if (!isOp(node, 'input')) continue;
    const { name: inputName, role } = node.attributes;
    if (inputName === '') throw expected('createProgram', 'a name for each input', 'an empty one');
    if (taken.has(inputName)) throw expected('createProgram', 'one input per name', `two called "${inputName}"`);
    taken.add(inputName);
    inputs[role][inputName] = node;
  }
  for (const [stateName, update] of Object.entries(updates)) {
    const old = Object.hasOwn(inputs.state, stateName) ? inputs.state[stateName] : undefined;
    if (!old) throw expected('createProgram', `a state "${stateName}" that the program reads`, 'an update without one');
    if (!sameShape(old.shape, update.shape)) {
      throw expected(
        'createProgram',
        `an update of "${stateName}" of ${showShape(old.shape)}`,
        showShape(update.shape),
      );
    }
  }
  for (const outputName of Object.keys(outputs)) {
    if (outputName === '') throw expected('createProgram', 'a name for each output', 'an empty one');
    if (taken.has(outputName)) throw expected('createProgram', 'outputs named unlike inputs', `"${outputName}" twice`);
  }
  return { name, feeds: inputs.feed, states: inputs.state, outputs, updates };
}

/**
 * Every node of a program, inputs before users.
 *
 * @example
 * ```ts
 * import { createProgram, feed, programNodes, square } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const program = createProgram('square', { y: square(feed('x', [2])) });
 * assert.deepEqual(programNodes(program).map(({ op }) => op), ['input', 'multiply']);
 * ```
 */
export const programNodes = (program: Program): Node[] =>
  topologicalOrder([...Object.values(program.outputs), ...Object.values(program.updates)]);

/** Ops whose result at one place only needs their inputs at that place, however a runtime fuses them. */
const arithmetic = new Set<OpName>(['negate', 'absolute', 'sqrt', 'add', 'subtract', 'multiply', 'divide', 'minimum']);
/** Ops that only move elements. */
const arrangement = new Set<OpName>(['reshape', 'transpose', 'broadcast', 'slice', 'pad', 'concat']);

/** The final steps of an update that are plain arithmetic of its shape, and the single numbers they use. */
function arithmeticTail(update: Node): { steps: Set<Node>; numbers: Node[] } {
  const steps = new Set<Node>();
  const numbers: Node[] = [];
  const stack = [update];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (steps.has(node)) continue;
    if (arithmetic.has(node.op) && sameShape(node.shape, update.shape)) {
      steps.add(node);
      stack.push(...node.inputs);
    } else if (elementCount(node.shape) === 1) numbers.push(node);
  }
  return { steps, numbers };
}

/**
 * The states whose update may be written over the old value while the program runs; for the others a runtime keeps two
 * buffers and swaps them.
 *
 * A state qualifies if its update is plain arithmetic, and every other reader of the old value must have run before
 * that arithmetic can start, because it needs a single number that depends on them. The scale of a clipped gradient is
 * such a number: it needs every gradient, so every reader of the old weights comes first. It is not enough that the
 * update needs the reader: a runtime fuses a product or an activation with the arithmetic after it, and folds a
 * transposed or scaled copy into its readers, which then read the state itself, and later.
 *
 * @example
 * ```ts
 * import { createProgram, matmul, multiply, state, statesUpdatedInPlace } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const w = state('w', [2, 2]);
 * assert.deepEqual(statesUpdatedInPlace(createProgram('decay', {}, { w: multiply(w, 0.9) })), new Set(['w']));
 * assert.deepEqual(statesUpdatedInPlace(createProgram('product', {}, { w: matmul(w, w) })), new Set());
 * ```
 */
export function statesUpdatedInPlace(program: Program): Set<string> {
  const readers = new Map<Node, Node[]>();
  for (const node of programNodes(program)) {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  }
  const outputs = new Set<Node>(Object.values(program.outputs));
  const updates = Object.values(program.updates);
  /** What each number depends on; most updates of a program share their numbers. */
  const before = new Map<Node, Set<Node>>();
  const runsBefore = (node: Node, number: Node): boolean => {
    const needed = before.get(number) ?? new Set(topologicalOrder([number]));
    before.set(number, needed);
    return needed.has(node);
  };

  const inPlace = (old: Node, update: Node): boolean => {
    const { steps, numbers } = arithmeticTail(update);
    const settling = elementCount(old.shape) > 1 ? numbers : [];
    /** The old value and everything that a runtime may recompute from it, wherever that is read. */
    const copies = new Set([old]);
    for (const copy of copies) {
      if (copy !== update && (outputs.has(copy) || updates.includes(copy))) return false;
      for (const reader of readers.get(copy) ?? []) {
        const foldable = arrangement.has(reader.op) || arithmetic.has(reader.op);
        const folds = foldable && reader.inputs.every((input) => copies.has(input) || isOp(input, 'constant'));
        if (folds) copies.add(reader);
        const allowed = steps.has(reader)
          ? copy === old || steps.has(copy)
          : folds || settling.some((number) => runsBefore(reader, number));
        if (!allowed) return false;
      }
    }
    return true;
  };

  return new Set(
    Object.entries(program.updates)
      .filter(([name, update]) => {
        const ownOnly = !outputs.has(update) && updates.indexOf(update) === updates.lastIndexOf(update);
        return ownOnly && arithmetic.has(update.op) && inPlace(program.states[name], update);
      })
      .map(([name]) => name),
  );
}
