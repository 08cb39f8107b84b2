/**
 * The reference runtime: state in float64, and the checks that every runtime makes. The others are in
 * test/runtime.test.ts.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { add, feed, multiply, square, state, sum } from '../graph/build.ts';
import { createProgram } from '../graph/program.ts';
import { filled, tensor } from '../math/tensor.ts';
import { createReferenceRuntime } from './reference.ts';
import { sharedStates } from './runtime.ts';

const w = state('w', [2]);
const programs = {
  step: createProgram('step', { norm: sum(square(w)) }, { w: add(w, multiply(feed('x', [2]), feed('rate', []))) }),
  read: createProgram('read', { doubled: multiply(w, 2) }),
};
const feeds = { x: tensor([2], [1, -1]), rate: tensor([], [0.5]) };
const states = { w: tensor([2], [3, 4]) };
const load = () => createReferenceRuntime().load(programs, states);

test('outputs see the old state, updates take effect in the next run, programs share states', async () => {
  const executable = await load();
  assert.deepEqual([...(await executable.run('step', feeds)).norm.data], [25]);
  assert.deepEqual([...(await executable.run('read', {})).doubled.data], [7, 7]);
  assert.deepEqual([...(await executable.run('step', feeds)).norm.data], [24.5]);
  assert.deepEqual([...(await executable.readStates(['w'])).w.data], [4, 3]);
  // The caller's tensors are not shared.
  assert.deepEqual([...states.w.data], [3, 4]);
});

test('state keeps float64 between runs', async () => {
  const count = state('count', []);
  const program = createProgram('count', {}, { count: add(count, 2 ** -20) });
  const executable = await createReferenceRuntime().load({ program }, { count: tensor([], [2 ** 10]) });
  for (let i = 0; i < 2 ** 8; i++) await executable.run('program', {});
  // In float32 every single addition would be lost.
  assert.equal((await executable.readStates()).count.data[0], 2 ** 10 + 2 ** -12);
});

test('each op runs on the reference', async () => {
  const placed = await (await load()).placement('step');
  assert.deepEqual(
    placed.map(({ opType }) => opType),
    ['multiply', 'sum', 'multiply', 'add'],
  );
  assert.ok(placed.every(({ provider }) => provider === 'reference'));
});

describe('bad input', () => {
  const refusals: readonly (readonly [attempt: () => Promise<unknown>, message: string])[] = [
    [async () => (await load()).run('step', { x: feeds.x }), 'run step: expected a tensor "rate" of scalar, got none'],
    [async () => (await load()).run('step', { ...feeds, y: feeds.x }), 'run step: expected only x, rate, got "y" too'],
    [
      async () => (await load()).run('read', { toString: feeds.x }),
      'run read: expected only no tensors, got "toString" too',
    ],
    [async () => (await load()).run('step', { ...feeds, x: filled([3], 0) }), 'run step: expected "x" of 2, got 3'],
    [async () => (await load()).run('train', feeds), 'run: expected one of the programs step, read, got train'],
    [
      async () => (await load()).run('constructor', feeds),
      'run: expected one of the programs step, read, got constructor',
    ],
    [async () => (await load()).placement('train'), 'placement: expected one of the programs step, read, got train'],
    [async () => (await load()).readStates(['v']), 'readStates: expected one of the states w, got v'],
    [() => createReferenceRuntime().load(programs), 'load: expected a tensor "w" of 2, got none'],
    [() => createReferenceRuntime().load(programs, { w: filled([3], 0) }), 'load: expected "w" of 2, got 3'],
    [
      () => createReferenceRuntime().load(programs, { ...states, v: filled([2], 0) }),
      'load: expected only w, got "v" too',
    ],
  ];
  for (const [attempt, message] of refusals) {
    test(message, () => assert.rejects(attempt, { name: 'RddmError', message }));
  }

  test('a failed run does not change the states', async () => {
    const executable = await load();
    await assert.rejects(executable.run('step', { x: feeds.x }));
    assert.deepEqual((await executable.readStates()).w.data, states.w.data);
  });

  test('one state of two shapes', () => {
    const other = createProgram('other', { y: sum(state('w', [3])) });
    assert.throws(() => sharedStates({ ...programs, other }), {
      name: 'RddmError',
      message: 'load: expected state "w" of one shape in all programs, got 2 and 3',
    });
  });

  test('anything after release', async () => {
    const executable = await load();
    const { norm } = await executable.run('step', feeds);
    await executable.release();
    await executable.release();
    const message = /: expected an executable that is still loaded, got a released one$/;
    await assert.rejects(executable.run('step', feeds), { name: 'RddmError', message });
    await assert.rejects(executable.readStates(), { name: 'RddmError', message });
    await assert.rejects(executable.placement('step'), { name: 'RddmError', message });
    assert.equal(norm.data[0], 25);
  });
});
