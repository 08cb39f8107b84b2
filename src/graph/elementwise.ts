/**
 * Takes the elementwise arithmetic at the end of a program out of its graph, as passes. An optimiser is such
 * arithmetic. In the graph, each of its operators is a pass over all weights; as one separate pass it reads and writes
 * each weight once. What a pass needs from the graph (gradients, a clipping factor) becomes an output of the rest.
 */
import { elementCount, sameShape } from '../math/shape.ts';
import { isOp, type Node, type OpName, topologicalOrder } from './node.ts';
import { createProgram, type Program } from './program.ts';

/** The ops that a pass can hold. */
export const elementwiseOps = [
  'negate',
  'absolute',
  'sqrt',
  'add',
  'subtract',
  'multiply',
  'divide',
  'minimum',
] as const;
export type ElementwiseOp = (typeof elementwiseOps)[number];

/** Where a value of a pass comes from: its tensors, its numbers, its constants, or its steps. */
export interface KernelOperand {
  readonly from: 'tensor' | 'number' | 'constant' | 'step';
  readonly index: number;
}

/** What a pass does with each element, without names, so that many passes share one kernel. */
export interface Kernel {
  readonly tensors: number;
  readonly numbers: number;
  readonly constants: readonly number[];
  readonly steps: readonly { readonly op: ElementwiseOp; readonly operands: readonly KernelOperand[] }[];
  /** The steps whose results are stored. */
  readonly results: readonly number[];
}

/** The name of a pass's tensor or number, and where it comes from. */
export interface Source {
  readonly of: 'state' | 'feed' | 'output';
  readonly name: string;
}

/** One pass over states of the same shape. */
export interface Pass {
  readonly kernel: Kernel;
  readonly count: number;
  readonly tensors: readonly Source[];
  readonly numbers: readonly Source[];
  /** The states that the kernel's results replace. */
  readonly states: readonly string[];
}

/**
 * A program in two parts: a graph without the updates that became passes (undefined if nothing is left), then the
 * passes.
 */
export interface SplitProgram {
  readonly rest: Program | undefined;
  readonly passes: readonly Pass[];
  /** Outputs of the rest that only passes read. */
  readonly between: Readonly<Record<string, Node>>;
}

const isElementwise = (op: OpName): op is ElementwiseOp => (elementwiseOps as readonly OpName[]).includes(op);

/** Whether a node is arithmetic on tensors of its own shape and single numbers. */
const fits = (node: Node): boolean =>
  isElementwise(node.op) && node.inputs.every(({ shape }) => sameShape(shape, node.shape) || elementCount(shape) === 1);

/** The nodes that can move into passes: those that end in updates and that nothing else reads. */
function movable({ outputs, updates }: Program): Set<Node> {
  const kept = new Set(Object.values(outputs));
  const moved = new Set<Node>();
  for (const node of topologicalOrder([...kept, ...Object.values(updates)]).reverse()) {
    if (!kept.has(node) && fits(node) && elementCount(node.shape) > 1) moved.add(node);
    else for (const input of node.inputs) kept.add(input);
  }
  return moved;
}

/**
 * The values between a graph and its passes, named on demand. A state that the rest itself updates is read before that
 * update.
 */
function boundary(taken: ReadonlySet<string>, updatedByRest: ReadonlySet<string>) {
  const between: Record<string, Node> = {};
  const names = new Map<Node, string>();
  return {
    between,
    sourceOf(node: Node): Source {
      const isSteady = isOp(node, 'input') && !updatedByRest.has(node.attributes.name);
      if (isSteady) return { of: node.attributes.role, name: node.attributes.name };
      let name = names.get(node);
      if (name === undefined) {
        name = `between ${names.size}`;
        while (taken.has(name)) name += '_';
        names.set(node, name);
        between[name] = node;
      }
      return { of: 'output', name };
    },
  };
}

/** The pass that replaces `states` by `updates`, which all have one shape. */
function passOf(updates: readonly Update[], moved: ReadonlySet<Node>, sourceOf: (node: Node) => Source): Pass {
  const shape = updates[0][1].shape;
  const tensors = new Map<Node, number>();
  const numbers = new Map<Node, number>();
  const constants: number[] = [];
  const steps: Kernel['steps'][number][] = [];
  const made = new Map<Node, number>();
  const numbered = (map: Map<Node, number>, node: Node): number => {
    const index = map.get(node) ?? map.size;
    map.set(node, index);
    return index;
  };
  const operandOf = (node: Node): KernelOperand => {
    const step = made.get(node);
    if (step !== undefined) return { from: 'step', index: step };
    if (isOp(node, 'constant') && elementCount(node.shape) === 1) {
      return { from: 'constant', index: constants.push(node.attributes.value.data[0]) - 1 };
    }
    return sameShape(node.shape, shape)
      ? { from: 'tensor', index: numbered(tensors, node) }
      : { from: 'number', index: numbered(numbers, node) };
  };
  const own = new Set(updates.map(([, update]) => update));
  for (const node of own) for (const input of node.inputs) if (moved.has(input)) own.add(input);
  for (const node of [...own].sort((a, b) => a.order - b.order)) {
    made.set(node, steps.push({ op: node.op as ElementwiseOp, operands: node.inputs.map(operandOf) }) - 1);
  }
  const results = updates.map(([, update]) => made.get(update) as number);
  return {
    kernel: { tensors: tensors.size, numbers: numbers.size, constants, steps, results },
    count: elementCount(shape),
    tensors: [...tensors.keys()].map(sourceOf),
    numbers: [...numbers.keys()].map(sourceOf),
    states: updates.map(([state]) => state),
  };
}

type Update = readonly [state: string, node: Node];

/** Updates that share a step, or one of which reads a state that another replaces, belong to one pass. */
function grouped(updates: readonly Update[], moved: ReadonlySet<Node>, states: Program['states']): Update[][] {
  interface Group {
    readonly updates: readonly Update[];
    readonly nodes: ReadonlySet<Node>;
  }
  const groupOf = new Map<Node, Group>();
  for (const update of updates) {
    const [state, end] = update;
    const reached = new Set<Node>([states[state], end]);
    for (const node of reached) if (moved.has(node)) for (const input of node.inputs) reached.add(input);
    const own = [...reached].filter(
      (node) =>
        moved.has(node) ||
        (isOp(node, 'input') && node.attributes.role === 'state' && sameShape(node.shape, end.shape)),
    );
    const joined = new Set(own.map((node) => groupOf.get(node)).filter((group) => group !== undefined));
    const group: Group = {
      updates: [...[...joined].flatMap((one) => one.updates), update],
      nodes: new Set([...own, ...[...joined].flatMap((one) => [...one.nodes])]),
    };
    for (const node of group.nodes) groupOf.set(node, group);
  }
  return [...new Set(groupOf.values())].map((group) => [...group.updates]);
}

/**
 * Splits a program into a graph and passes. Running the graph and then each pass over all its elements equals running
 * the program.
 *
 * @example
 * ```ts
 * import { createProgram, feed, multiply, splitProgram, state, subtract, sum } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const [w, slope] = [state('w', [4]), feed('slope', [4])];
 * const { rest, passes } = splitProgram(createProgram('descent', { y: sum(w) }, { w: subtract(w, multiply(slope, 0.1)) }));
 * assert.deepEqual(Object.keys(rest?.outputs ?? {}), ['y']);
 * assert.deepEqual(passes[0].kernel.steps.map(({ op }) => op), ['multiply', 'subtract']);
 * ```
 */
export function splitProgram(program: Program): SplitProgram {
  const moved = movable(program);
  const all = Object.entries(program.updates);
  const inPasses = all.filter(([, node]) => moved.has(node));
  const inRest = all.filter(([, node]) => !moved.has(node));
  const taken = new Set([program.feeds, program.states, program.outputs].flatMap((ends) => Object.keys(ends)));
  const { between, sourceOf } = boundary(taken, new Set(inRest.map(([state]) => state)));
  const passes = grouped(inPasses, moved, program.states).map((updates) => passOf(updates, moved, sourceOf));
  const outputs = { ...program.outputs, ...between };
  const isEmpty = Object.keys(outputs).length === 0 && inRest.length === 0;
  return {
    rest: isEmpty ? undefined : createProgram(program.name, outputs, Object.fromEntries(inRest)),
    passes,
    between,
  };
}
