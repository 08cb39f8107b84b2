/**
 * Saves memory at the cost of time: what a gradient needs from the forward pass is kept until then, unless it can be
 * quickly recomputed. An activation and the scale and shift before it can be: three of four values that a U-Net block
 * would keep.
 */
import { elementCount } from '../math/shape.ts';
import { isOp, type Node, type OpName } from './node.ts';
import { createProgram, type Program, programNodes } from './program.ts';

/** Ops that take one pass over their result; an activation consists of some of these. */
const quick = new Set<OpName>(['negate', 'sigmoid', 'add', 'subtract', 'multiply', 'reshape', 'broadcast']);

/** Values below this many bytes are not worth another node. */
const SMALL = 2 ** 16;

/** What a run may keep before anything is recomputed. */
const KEPT_BYTES = 2 ** 28;

const bytesOf = ({ shape }: Node): number => 4 * elementCount(shape);
const isGiven = (node: Node): boolean => isOp(node, 'input') || isOp(node, 'constant');

/** When each node is last used, in the order in which nodes were written. */
function lastUses(nodes: readonly Node[], ends: readonly Node[]): Map<Node, number> {
  const last = new Map<Node, number>();
  nodes.forEach((node, position) => {
    last.set(node, position);
    for (const input of node.inputs) last.set(input, position);
  });
  for (const end of ends) last.set(end, nodes.length);
  return last;
}

/** The position at which most bytes are alive: where the forward pass turns into the backward pass. */
function fullest(nodes: readonly Node[], last: ReadonlyMap<Node, number>): number {
  const change = new Array<number>(nodes.length + 2).fill(0);
  nodes.forEach((node, position) => {
    if (isGiven(node)) return;
    change[position] += bytesOf(node);
    change[(last.get(node) as number) + 1] -= bytesOf(node);
  });
  let [alive, most, at] = [0, 0, 0];
  change.forEach((bytes, position) => {
    alive += bytes;
    if (alive > most) [most, at] = [alive, position];
  });
  return at;
}

/** The large values from which a node is quickly computed, through nodes that are recomputed with it. */
function sourcesOf(node: Node): Set<Node> {
  const sources = new Set<Node>();
  const visit = (one: Node): void => {
    for (const input of one.inputs) {
      if (isGiven(input) || bytesOf(input) < SMALL) continue;
      if (quick.has(input.op)) visit(input);
      else sources.add(input);
    }
  };
  visit(node);
  return sources;
}

/**
 * A program that keeps less between the first and the last use of its values: values that are quickly computed from a
 * single other value are recomputed, the largest first, until the rest fits into a budget. Values stay the same, bit by
 * bit. A runtime must neither merge the copies again nor compute them early; each has the `order` of its original.
 * `createOrtRuntime` does this to programs with states (its `keptBytes`), after `simplify`, which would undo copies.
 *
 * @param keptBytes what may be kept at the peak before anything is recomputed
 *
 * @example
 * ```ts
 * import { createProgram, exp, feed, gradient, programNodes, recompute, sigmoid, sum } from 'rddm/graph';
 * import assert from 'node:assert/strict';
 * const x = feed('x', [256, 256]);
 * const loss = sum(exp(sigmoid(exp(x))));
 * const program = createProgram('step', { loss, dx: gradient(loss, [x])[0] });
 * const sigmoids = (one: typeof program) => programNodes(one).filter(({ op }) => op === 'sigmoid').length;
 * assert.deepEqual([sigmoids(program), sigmoids(recompute(program, 0))], [1, 2]);
 * ```
 */
export function recompute(program: Program, keptBytes = KEPT_BYTES): Program {
  const nodes = programNodes(program);
  const last = lastUses(nodes, [...Object.values(program.outputs), ...Object.values(program.updates)]);
  const turn = fullest(nodes, last);
  const kept = nodes.slice(0, turn).filter((node) => !isGiven(node) && (last.get(node) as number) > turn);
  let bytes = kept.reduce((sum, node) => sum + bytesOf(node), 0);
  const keptAnyway = new Set(kept.filter(({ op }) => !quick.has(op)));
  const again = new Set<Node>();
  const candidates = kept.filter((node) => quick.has(node.op) && bytesOf(node) >= SMALL && node.op !== 'reshape');
  for (const node of candidates.sort((a, b) => bytesOf(b) - bytesOf(a))) {
    if (bytes <= keptBytes) break;
    const [source, ...others] = sourcesOf(node);
    if (!source || others.length > 0) continue;
    bytes += (keptAnyway.has(source) ? 0 : bytesOf(source)) - bytesOf(node);
    keptAnyway.add(source);
    again.add(node);
  }
  if (again.size === 0) return program;

  const copies = new Map<Node, Node>();
  /** A node as nodes after the turn see it. */
  const copyOf = (node: Node): Node => {
    const isQuick = quick.has(node.op) && !isGiven(node) && bytesOf(node) >= SMALL;
    if (!isQuick) return node;
    const known = copies.get(node);
    if (known) return known;
    const copy = { ...node, inputs: node.inputs.map(copyOf) };
    copies.set(node, copy);
    return copy;
  };
  const now = new Map<Node, Node>();
  nodes.forEach((node, position) => {
    const inputs = node.inputs.map((input) =>
      position > turn && again.has(input) ? copyOf(input) : (now.get(input) as Node),
    );
    const isSame = inputs.every((input, i) => input === node.inputs[i]);
    now.set(node, isSame ? node : { ...node, inputs });
  });
  const remade = (ends: Readonly<Record<string, Node>>): Record<string, Node> =>
    Object.fromEntries(Object.entries(ends).map(([name, node]) => [name, now.get(node) as Node]));
  return createProgram(program.name, remade(program.outputs), remade(program.updates));
}
