/**
 * What becomes a pass and what stays in the graph; test/in-place.test.ts shows on random programs that values do not
 * change.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { add, divide, feed, matmul, multiply, sqrt, square, state, subtract, sum } from './build.ts';
import { splitProgram } from './elementwise.ts';
import { createProgram } from './program.ts';

const w = state('w', [4, 4]);
const v = state('v', [4, 4]);
const x = feed('x', [4, 4]);
const rate = feed('rate', []);

const split = (...ends: Parameters<typeof createProgram> extends [string, ...infer Rest] ? Rest : never) =>
  splitProgram(createProgram('test', ...ends));

describe('splitProgram', () => {
  test('an optimiser: one pass that reads the gradient, the numbers and its states', () => {
    const slope = matmul(w, x);
    const next = add(multiply(v, 0.9), slope);
    const { rest, passes, between } = split(
      { loss: sum(square(slope)) },
      { v: next, w: subtract(w, multiply(divide(next, sqrt(next)), rate)) },
    );
    assert.deepEqual(Object.keys(rest?.updates ?? {}), []);
    assert.deepEqual(Object.keys(rest?.states ?? {}), ['w']);
    assert.deepEqual(Object.values(between), [slope]);
    assert.equal(passes.length, 1);
    const [pass] = passes;
    assert.deepEqual([pass.states, pass.count], [['v', 'w'], 16]);
    assert.deepEqual(pass.tensors.map(({ of, name }) => `${of} ${name}`).sort(), [
      'output between 0',
      'state v',
      'state w',
    ]);
    assert.deepEqual(pass.numbers, [{ of: 'feed', name: 'rate' }]);
    assert.deepEqual(pass.kernel.constants, [Math.fround(0.9)]);
  });

  test('passes with the same arithmetic share a kernel', () => {
    const names = ['a', 'b'];
    const { passes } = split(
      {},
      Object.fromEntries(
        names.map((name, i) => {
          const one = state(name, [3, i + 2]);
          return [name, subtract(one, multiply(feed(`slope ${name}`, one.shape), rate))];
        }),
      ),
    );
    assert.equal(passes.length, 2);
    assert.deepEqual(passes[0].kernel, passes[1].kernel);
  });

  test('states that read each other form one pass; nothing is left of the program', () => {
    const { rest, passes } = split({}, { v: add(v, multiply(w, x)), w: subtract(w, multiply(v, x)) });
    assert.equal(rest, undefined);
    assert.deepEqual(
      passes.map(({ states }) => states),
      [['v', 'w']],
    );
  });

  test('a state that the graph itself updates is read before that', () => {
    const { rest, passes, between } = split({}, { w: matmul(w, x), v: add(v, w) });
    assert.deepEqual(Object.keys(rest?.updates ?? {}), ['w']);
    assert.deepEqual(Object.values(between), [w]);
    assert.deepEqual(passes[0].tensors.map(({ of }) => of).sort(), ['output', 'state']);
  });

  test('values that an output or another op reads stay in the graph, and so do broadcasts and single numbers', () => {
    const next = add(w, x);
    assert.equal(split({ next }, { w: next }).passes.length, 0);
    assert.equal(split({}, { w: matmul(next, x) }).passes.length, 0);
    assert.equal(split({}, { w: add(w, feed('row', [4])) }).passes.length, 0);
    const count = state('count', []);
    assert.equal(split({}, { count: add(count, 1) }).passes.length, 0);
    const { between, passes } = split({ total: sum(next) }, { w: multiply(next, 0.5) });
    assert.deepEqual([Object.values(between), passes.length], [[next], 1]);
  });

  test("names between graph and passes avoid the program's names", () => {
    const { between } = split({ 'between 0': sum(x) }, { w: add(w, matmul(v, x)) });
    assert.deepEqual(Object.keys(between), ['between 0_']);
  });
});
