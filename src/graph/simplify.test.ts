/** What each rule rewrites and what it keeps; and, on random graphs, that no value changes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { randomInputs } from '../../test/support/gradient-checks.ts';
import { RddmError } from '../math/errors.ts';
import { normalTensor } from '../math/random.ts';
import { elementCount } from '../math/shape.ts';
import { filled, tensor } from '../math/tensor.ts';
import {
  absolute,
  add,
  broadcast,
  concat,
  constant,
  conv2d,
  divide,
  erf,
  exp,
  feed,
  matmul,
  minimum,
  multiply,
  negate,
  pad,
  reshape,
  sigmoid,
  slice,
  split,
  sqrt,
  square,
  state,
  subtract,
  sum,
  transpose,
} from './build.ts';
import { evaluateExactly } from './evaluate.ts';
import { gradient } from './gradient.ts';
import { isOp, type Node } from './node.ts';
import { createProgram, programNodes } from './program.ts';
import { simplify } from './simplify.ts';

const x = feed('x', [2, 3]);
const y = feed('y', [2, 3]);
const small = feed('small', [2, 1]);
const s = feed('s', []);

const simpleOf = (node: Node): Node => simplify(createProgram('test', { node })).outputs.node;

/** A node as a formula that people can compare. */
function shown(node: Node): string {
  if (isOp(node, 'input')) return node.attributes.name;
  if (isOp(node, 'constant')) return `${[...node.attributes.value.data]}`;
  const attributes = Object.values(node.attributes).map((value) => `; ${value}`);
  return `${node.op}(${node.inputs.map(shown).join(', ')}${attributes.join('')})`;
}

describe('simplify', () => {
  const identities: readonly (readonly [name: string, node: Node, simplest: string])[] = [
    ['times 1', multiply(1, multiply(x, 1)), 'x'],
    ['over 1', divide(x, 1), 'x'],
    ['times ones of the same shape', multiply(constant(filled([2, 3], 1)), x), 'x'],
    ['times ones that repeat it', multiply(s, constant(filled([2], 1))), 'broadcast(s; 2)'],
    ['plus and minus 0', subtract(add(add(0, x), 0), 0), 'x'],
    ['0 minus', subtract(0, x), 'negate(x)'],
    ['two signs', negate(negate(x)), 'x'],
    ['plus a negative', add(x, negate(y)), 'subtract(x, y)'],
    ['a negative plus', add(negate(x), y), 'subtract(y, x)'],
    ['minus a negative', subtract(x, negate(y)), 'add(x, y)'],
    ['a product of negatives', multiply(negate(x), negate(y)), 'multiply(x, y)'],
    ['a quotient of negatives', divide(negate(x), negate(y)), 'divide(x, y)'],
    ['the size of a negative', absolute(absolute(negate(x))), 'absolute(x)'],
    ['factors', multiply(multiply(x, 0.5), 6), 'multiply(x, 3)'],
    ['factors and signs', negate(divide(multiply(3, x), 2)), 'multiply(x, -1.5)'],
    ['factors that cancel', divide(multiply(x, 4), 4), 'x'],
    ['over a power of two', divide(x, 8), 'multiply(x, 0.125)'],
    ['a sum of negatives', sum(negate(x), [1]), 'negate(sum(x; 1))'],
    ['a mean of quarters', divide(sum(divide(x, 4), [0]), 2), 'multiply(sum(x; 0), 0.125)'],
    ['a sum over single elements', sum(small), 'sum(small; 0)'],
    ['a sum over nothing', sum(sum(x, [0]), [0]), 'sum(x; 0)'],
    ['what broadcasting does anyhow', multiply(broadcast(small, [2, 3]), x), 'multiply(small, x)'],
    ['functions of repeated values', exp(broadcast(small, [2, 3])), 'broadcast(exp(small); 2,3)'],
    ['repeated twice', add(broadcast(small, [2, 3]), broadcast(s, [2, 3])), 'broadcast(add(small, s); 2,3)'],
    ['a new axis', broadcast(x, [1, 2, 3]), 'reshape(x; 1,2,3)'],
    ['reshapes', reshape(reshape(x, [6]), [2, 3]), 'x'],
    ['a reshaped constant', reshape(constant(tensor([2], [1, 2])), [1, 2]), '1,2'],
    ['an axis of one that moves', transpose(small, [1, 0]), 'reshape(small; 1,2)'],
    ['a slice of slices', slice(slice(x, 1, 1, 3), 1, 1, 2), 'slice(x; 1; 2; 3)'],
    ['a pad and its slice', slice(pad(x, 0, 1, 1), 0, 1, 3), 'x'],
    ['a slice of a part', slice(concat([x, y], 0), 0, 3, 4), 'slice(y; 0; 1; 2)'],
    ['pads', pad(pad(x, 0, 1, 0), 0, 1, 2), 'pad(x; 0; 2; 2)'],
    ['a split that is joined', concat(split(x, 1, 3), 1), 'x'],
    ['concats', concat([concat([x, y], 0), x], 0), 'concat(x, y, x; 0)'],
    ['pads side by side', add(pad(x, 0, 2, 0), pad(y, 0, 0, 2)), 'concat(y, x; 0)'],
    ['constants', multiply(s, sqrt(add(constant(tensor([], [3])), 1))), 'multiply(s, 2)'],
  ];
  for (const [name, node, simplest] of identities) {
    test(name, () => {
      const simple = simpleOf(node);
      assert.equal(shown(simple), simplest);
      assert.deepEqual(simple.shape, node.shape);
    });
  }

  const kept: readonly (readonly [name: string, node: Node])[] = [
    ['times 0, which infinity is not', multiply(x, 0)],
    ['over a number whose reciprocal is rounded', divide(x, 3)],
    ['factors whose product is not a float32', multiply(multiply(x, 1e30), 1e30)],
    ['pads that overlap', add(pad(x, 0, 1, 0), pad(y, 0, 0, 1))],
    ['a slice over two parts', slice(concat([x, y], 0), 0, 1, 3)],
    ['sums, whose order is theirs', add(add(x, s), add(y, s))],
    ['x over itself', divide(x, x)],
  ];
  for (const [name, node] of kept) {
    test(`leaves ${name}`, () => assert.equal(shown(simpleOf(node)), shown(node)));
  }

  test('computes once what was written twice, in whatever order the factors are', () => {
    const twice = multiply(sigmoid(add(x, y)), exp(sigmoid(add(y, x))));
    const ops = programNodes(simplify(createProgram('test', { twice }))).map(({ op }) => op);
    assert.deepEqual(ops, ['input', 'input', 'add', 'sigmoid', 'exp', 'multiply']);
  });

  test('distinguishes zeros of both signs, and constants that are too large to compare', () => {
    const quotient = (zero: number) => divide(s, constant(tensor([], [zero])));
    const big = [1, 2].map((value) => {
      const one = filled([2000], 0);
      one.data[7] = value;
      return constant(one);
    });
    const { outputs } = simplify(createProgram('test', { a: quotient(0), b: quotient(-0), c: big[0], d: big[1] }));
    assert.notEqual(outputs.a, outputs.b);
    assert.notEqual(outputs.c, outputs.d);
  });

  test('the gradient of a split is one concatenation', () => {
    const w = feed('w', [6, 2]);
    const loss = sum(
      split(w, 0, 3)
        .map((part, i) => multiply(square(part), i + 1))
        .reduce((a, b) => add(a, b)),
    );
    const simple = simpleOf(gradient(loss, [w])[0]);
    assert.ok(isOp(simple, 'concat') && simple.inputs.length === 3);
  });

  test("keeps the program's inputs and outputs, and the order of the remaining nodes", () => {
    const w = state('w', [2, 3]);
    const unused = slice(concat([x, y], 0), 0, 0, 2);
    const program = createProgram('test', { same: unused, z: exp(matmul(w, transpose(x, [1, 0]))) }, { w: add(w, 0) });
    const simple = simplify(program);
    assert.deepEqual(Object.keys(simple.feeds), ['x', 'y']);
    assert.equal(simple.outputs.same, simple.feeds.x);
    assert.equal(simple.updates.w, simple.states.w);
    assert.equal(simple.feeds.x, program.feeds.x);
    assert.deepEqual(
      programNodes(simple).map(({ op }) => op),
      ['input', 'input', 'transpose', 'matmul', 'exp'],
    );
  });
});

type Choice = readonly [kind: number, first: number, second: number, detail: number];

const numbers = [1, 0, -1, 2, 0.25, 0.3, -3];

/** The possible steps of a random graph; a step that does not fit is left out. */
const steps: readonly ((a: Node, b: Node, detail: number) => Node)[] = [
  (a) => negate(a),
  (a) => absolute(a),
  (a) => sigmoid(a),
  (a) => erf(a),
  (a, b) => add(a, b),
  (a, b) => subtract(a, b),
  (a, b) => multiply(a, b),
  (a, b) => divide(a, add(absolute(b), 0.5)),
  (a, b) => minimum(a, b),
  (a, _, detail) => add(a, numbers[detail % numbers.length]),
  (a, _, detail) => multiply(a, numbers[detail % numbers.length]),
  (a, _, detail) => multiply(numbers[detail % numbers.length], a),
  (a, _, detail) => divide(a, numbers[detail % numbers.length] || 5),
  (a, _, detail) => multiply(a, constant(filled(a.shape, numbers[detail % numbers.length]))),
  (a, _, detail) =>
    sum(
      a,
      [...a.shape.keys()].filter((axis) => (detail >> axis) & 1),
    ),
  (a, _, detail) =>
    reshape(a, [[elementCount(a.shape)], [1, ...a.shape], [...a.shape, 1], [...a.shape].reverse()][detail % 4]),
  (a, _, detail) =>
    transpose(
      a,
      [...a.shape.keys()].sort((i, j) => ((i * 7 + detail) % 5) - ((j * 7 + detail) % 5)),
    ),
  (a, _, detail) =>
    broadcast(
      a,
      a.shape.map((size) => (size === 1 ? 1 + (detail % 3) : size)),
    ),
  (a, _, detail) => broadcast(a, [1 + (detail % 2), ...a.shape]),
  (a, _, detail) => slice(a, detail % a.shape.length, detail % 2, 1 + (detail % 3)),
  (a, _, detail) => pad(a, detail % a.shape.length, detail % 3, (detail >> 2) % 3),
  (a, b, detail) => concat([a, b], detail % a.shape.length),
  (a, b, detail) => concat([a, b, a], detail % a.shape.length),
  (a) => concat(split(a, 0, a.shape[0]), 0),
  (a, _, detail) => {
    const groups = 1 + (detail % 3);
    const image = reshape(a, [1, groups * (1 + (detail >> 3)), elementCount(a.shape.slice(1)), 1]);
    const kernel = constant(normalTensor([2 * groups, image.shape[1] / groups, 3, 3], 1, ['kernel']));
    return conv2d(image, kernel, { stride: 1 + (detail & 1), padding: 1, groups });
  },
];

const MOST_ELEMENTS = 400;

function randomGraph(choices: readonly Choice[]): Node[] {
  const made: Node[] = [feed('a', [2, 3]), feed('b', [3]), feed('c', [2, 1]), feed('d', [])];
  for (const [kind, first, second, detail] of choices) {
    // Mostly recent nodes, since rules apply to chains.
    const pick = (index: number): Node => made[Math.max(0, made.length - 1 - index)];
    try {
      const node = steps[kind % steps.length](pick(first), pick(second), detail);
      if (elementCount(node.shape) <= MOST_ELEMENTS) made.push(node);
    } catch (error) {
      if (!(error instanceof RddmError)) throw error;
    }
  }
  return made;
}

const choice = fc.tuple(fc.nat(99), fc.nat(5), fc.nat(5), fc.nat(11));

test('a simplified program has the same values, and nothing is left to simplify', () => {
  let before = 0;
  let after = 0;
  const property = fc.property(fc.array(choice, { minLength: 1, maxLength: 25 }), (choices) => {
    const made = randomGraph(choices);
    // Compares every node, so that no mistake can hide another.
    const program = createProgram('random', Object.fromEntries(made.map((node, i) => [`${i}`, node])), {});
    const given = randomInputs(made);
    const simple = simplify(program);
    const wanted = evaluateExactly(Object.values(program.outputs), given);
    const values = evaluateExactly(Object.values(simple.outputs), given);
    let largest = 1;
    wanted.forEach(({ shape, data }, i) => {
      largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), largest);
      assert.deepEqual(values[i].shape, shape);
      data.forEach((value, j) => {
        assert.ok(Math.abs(value - values[i].data[j]) <= 1e-6 * largest, `output ${i} is ${values[i].data[j]}`);
      });
    });
    const [size, smaller] = [program, simple].map((one) => programNodes(one).length);
    assert.equal(programNodes(simplify(simple)).length, smaller);
    before += size;
    after += smaller;
  });
  fc.assert(property, { numRuns: 2000, seed: 1 });
  assert.ok(after < 0.9 * before, `${after} of ${before} nodes are left`);
});

test('an update keeps the state that it reads, even if it does not use it', () => {
  const w = state('w', [2, 3]);
  const update = slice(concat([x, w], 0), 0, 0, 2);
  const program = createProgram('reset', {}, { w: update });
  const simpler = simplify(program);
  assert.deepEqual(Object.keys(createProgram('again', simpler.outputs, simpler.updates).states), ['w']);
});
