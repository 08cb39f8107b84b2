/**
 * Simplifications of arithmetic. Every rule keeps the bits, except the sign of a zero and constants that are merged
 * into one, rounded once; no rule changes the order of a sum. Ops that move elements are in rewrite-arrangement.ts.
 */
import { sameShape } from '../math/shape.ts';
import { tensor } from '../math/tensor.ts';
import { isOp, type Node } from './node.ts';
import type { Make, RewriteRules } from './rewrite-rules.ts';

const number = (value: number, make: Make): Node => make('constant', [], { value: tensor([], [value]) });

/** The common value of all elements of a constant, if there is one. */
function uniformValue(node: Node): number | undefined {
  if (!isOp(node, 'constant')) return undefined;
  const { data } = node.attributes.value;
  return data.every((value) => Object.is(value, data[0])) ? data[0] : undefined;
}

/**
 * The operands without repetitions that broadcasting does anyway; if all are smaller than the result, it is repeated
 * after the op.
 */
const withoutRepeats = (node: Node, make: Make): Node | undefined => {
  const bare = node.inputs.map((input) => {
    if (isOp(input, 'broadcast')) return input.inputs[0];
    const value = input.shape.length === 0 ? undefined : uniformValue(input);
    return value === undefined ? input : number(value, make);
  });
  if (bare.every((input, i) => input === node.inputs[i])) return undefined;
  const result = make(node.op, bare, node.attributes);
  return sameShape(result.shape, node.shape) ? result : make('broadcast', [result], { shape: node.shape });
};

/** If a node is x times a number other than 0: x and the number. */
function scaling(node: Node): { readonly of: Node; readonly by: number } | undefined {
  if (isOp(node, 'negate')) return { of: node.inputs[0], by: -1 };
  const [a, b] = node.inputs;
  const constants = node.inputs.map(uniformValue);
  const fits = (x: Node): boolean => sameShape(x.shape, node.shape);
  if (isOp(node, 'multiply') && constants[1] && fits(a)) return { of: a, by: constants[1] };
  if (isOp(node, 'multiply') && constants[0] && fits(b)) return { of: b, by: constants[0] };
  if (isOp(node, 'divide') && constants[1] && fits(a)) return { of: a, by: 1 / constants[1] };
  return undefined;
}

/** Whether multiplying by a number is exact. */
const isPowerOfTwo = (value: number): boolean => {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) <= 100;
};

/** Constants whose product float32 holds with all its digits, whatever they are multiplied by. */
const isOrdinary = (value: number): boolean => Math.abs(value) > 1e-20 && Math.abs(value) < 1e20;

function scaled(x: Node, by: number, make: Make): Node {
  if (by === 1) return x;
  return by === -1 ? make('negate', [x], {}) : make('multiply', [x, number(by, make)], {});
}

/** A number times a number times x; a quotient by a power of two is a product. */
function mergedScaling(node: Node, make: Make): Node | undefined {
  const outer = scaling(node);
  if (!outer) return undefined;
  const isSimplest = isOp(node, 'multiply') || isOp(node, 'negate');
  if (outer.by === 1) return outer.of;
  if (outer.by === -1 && !isOp(node, 'negate')) return make('negate', [outer.of], {});
  const inner = scaling(outer.of);
  if (inner && isOrdinary(outer.by * inner.by)) return scaled(inner.of, outer.by * inner.by, make);
  return !isSimplest && isPowerOfTwo(outer.by) ? scaled(outer.of, outer.by, make) : undefined;
}

const isZero = (node: Node): boolean => uniformValue(node) === 0;
const negated = (node: Node): Node | undefined => (isOp(node, 'negate') ? node.inputs[0] : undefined);

/** Drops an addend of 0, or turns a negated addend into a difference. */
function plainSum(node: Node, make: Make): Node | undefined {
  const [a, b] = node.inputs;
  if (isZero(b) && sameShape(a.shape, node.shape)) return a;
  if (isZero(a) && sameShape(b.shape, node.shape)) return b;
  const [minusA, minusB] = node.inputs.map(negated);
  if (minusB) return make('subtract', [a, minusB], {});
  return minusA && make('subtract', [b, minusA], {});
}

function plainDifference(node: Node, make: Make): Node | undefined {
  const [a, b] = node.inputs;
  if (isZero(b) && sameShape(a.shape, node.shape)) return a;
  if (isZero(a) && sameShape(b.shape, node.shape)) return make('negate', [b], {});
  const minusB = negated(b);
  return minusB && make('add', [a, minusB], {});
}

/** Cancels two signs. */
function withoutSigns(node: Node, make: Make): Node | undefined {
  const [minusA, minusB] = node.inputs.map(negated);
  return minusA && minusB && make(node.op, [minusA, minusB], node.attributes);
}

const absoluteOfSigned = ({ inputs: [x] }: Node, make: Make): Node | undefined => {
  if (isOp(x, 'absolute')) return x;
  const minus = negated(x);
  return minus && make('absolute', [minus], {});
};

/** Moves a sign or a power of two out of a sum. */
function scaledSum(node: Node<'sum'>, make: Make): Node | undefined {
  const inner = scaling(node.inputs[0]);
  return inner && isPowerOfTwo(inner.by) ? scaled(make('sum', [inner.of], node.attributes), inner.by, make) : undefined;
}

/** Drops sums over axes of one element. */
function smallerSum({ inputs: [x], attributes: { axes } }: Node<'sum'>, make: Make): Node | undefined {
  const real = axes.filter((axis) => x.shape[axis] > 1);
  if (real.length === axes.length) return undefined;
  return real.length === 0 ? x : make('sum', [x], { axes: real });
}

/** Joins two halves that are padded with zeros side by side: the gradient of a split. */
function joinedPads(node: Node, make: Make): Node | undefined {
  const [a, b] = node.inputs;
  if (!(isOp(a, 'pad') && isOp(b, 'pad') && sameShape(a.shape, b.shape))) return undefined;
  const { axis } = a.attributes;
  if (b.attributes.axis !== axis) return undefined;
  const [first, second] = a.attributes.before <= b.attributes.before ? [a, b] : [b, a];
  const end = first.attributes.before + first.inputs[0].shape[axis];
  if (end !== second.attributes.before) return undefined;
  const joined = make('concat', [first.inputs[0], second.inputs[0]], { axis });
  return make('pad', [joined], { axis, before: first.attributes.before, after: second.attributes.after });
}

const alone = [withoutRepeats] as const;

export const arithmeticRules: RewriteRules = {
  negate: [mergedScaling, withoutRepeats],
  exp: alone,
  log: alone,
  sqrt: alone,
  erf: alone,
  sigmoid: alone,
  absolute: [absoluteOfSigned, withoutRepeats],
  sign: alone,
  add: [withoutRepeats, plainSum, joinedPads],
  subtract: [withoutRepeats, plainDifference],
  multiply: [withoutRepeats, withoutSigns, mergedScaling],
  divide: [withoutRepeats, withoutSigns, mergedScaling],
  minimum: alone,
  less: alone,
  sum: [smallerSum, scaledSum],
};
