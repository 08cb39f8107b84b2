/**
 * What the onnxruntime-node runtime promises besides correct values (test/conformance.test.ts): refusals, order, and a
 * free event loop.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { add, feed, matmul, multiply, square, state, sum } from '../src/graph/build.ts';
import type { Node } from '../src/graph/node.ts';
import { createProgram } from '../src/graph/program.ts';
import { filled, tensor } from '../src/math/tensor.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const w = state('w', [2]);
const programs = {
  step: createProgram('step', { norm: sum(square(w)) }, { w: add(w, multiply(feed('x', [2]), feed('rate', []))) }),
  read: createProgram('read', { doubled: multiply(w, 2) }),
};
const feeds = { x: tensor([2], [1, -1]), rate: tensor([], [0.5]) };
const states = { w: tensor([2], [3, 4]) };

const runtime = createOrtRuntime({ device: 'cpu' });
after(() => runtime.close());
const load = () => runtime.load(programs, states);

describe('runs', () => {
  test('run in the order of the calls, though none waits for another', async () => {
    const executable = await load();
    const all = await Promise.all([
      executable.run('step', feeds),
      executable.run('step', feeds),
      executable.run('read', {}),
      executable.run('step', feeds),
    ]);
    assert.deepEqual(
      all.map((outputs) => Object.values(outputs)[0].data[0]),
      [25, 24.5, 8, 25],
    );
    assert.deepEqual([...(await executable.readStates()).w.data], [4.5, 2.5]);
  });

  test("leave the caller's tensors alone, and do not overwrite earlier results", async () => {
    const executable = await load();
    const first = await executable.run('read', {});
    const before = await executable.readStates();
    await executable.run('step', feeds);
    const second = await executable.run('read', {});
    assert.deepEqual([...first.doubled.data, ...second.doubled.data], [6, 8, 7, 7]);
    assert.deepEqual([...before.w.data, ...states.w.data, ...feeds.x.data], [3, 4, 3, 4, 1, -1]);
  });

  test('return one value under two names, and an input, as separate tensors', async () => {
    const x = feed('x', [2]);
    const doubled = add(x, x);
    const executable = await runtime.load({ main: createProgram('main', { a: doubled, b: doubled, same: x }) });
    const { a, b, same } = await executable.run('main', { x: feeds.x });
    a.data[0] = 99;
    assert.deepEqual([...b.data, ...same.data], [2, -2, 1, -1]);
  });

  test('of one executable do not touch the states of another', async () => {
    const [one, other] = await Promise.all([load(), load()]);
    await one.run('step', feeds);
    assert.deepEqual([...(await other.readStates()).w.data], [3, 4]);
    await one.release();
    assert.deepEqual([...(await other.run('read', {})).doubled.data], [6, 8]);
  });

  test('do not change the states when they are only read', async () => {
    const executable = await load();
    const placed = await executable.placement('step');
    assert.ok(placed.length > 0 && placed.every(({ provider }) => provider === 'CPUExecutionProvider'));
    assert.deepEqual([...(await executable.readStates()).w.data], [3, 4]);
  });
});

test('the event loop keeps running during a program', async () => {
  const size = 512;
  const weight = feed('w', [size, size]);
  let y: Node = feed('x', [size, size]);
  for (let i = 0; i < 60; i++) y = matmul(y, weight);
  const slow = createOrtRuntime({ device: 'cpu', threads: 1 });
  const executable = await slow.load({ main: createProgram('main', { y: sum(y) }) });
  const given = { x: filled([size, size], 1 / size), w: filled([size, size], 1 / size) };

  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  const start = performance.now();
  const result = await executable.run('main', given);
  const elapsed = performance.now() - start;
  clearInterval(timer);
  await slow.close();
  assert.ok(Math.abs(result.y.data[0] - size) < 1);
  // A blocked loop would tick once or twice, however long the run takes.
  assert.ok(elapsed > 30 && ticks >= 5 && ticks > elapsed / 40, `${ticks} ticks in ${elapsed} ms`);
});

describe('bad input', () => {
  const refusals: readonly (readonly [attempt: () => Promise<unknown>, message: string])[] = [
    [async () => (await load()).run('step', { x: feeds.x }), 'run step: expected a tensor "rate" of scalar, got none'],
    [async () => (await load()).run('step', { ...feeds, y: feeds.x }), 'run step: expected only x, rate, got "y" too'],
    [async () => (await load()).run('step', { ...feeds, x: filled([3], 0) }), 'run step: expected "x" of 2, got 3'],
    [async () => (await load()).run('train', feeds), 'run: expected one of the programs step, read, got train'],
    [async () => (await load()).readStates(['v']), 'readStates: expected one of the states w, got v'],
    [() => runtime.load(programs), 'load: expected a tensor "w" of 2, got none'],
    [() => runtime.load(programs, { w: filled([3], 0) }), 'load: expected "w" of 2, got 3'],
    [() => runtime.load(programs, { ...states, v: filled([2], 0) }), 'load: expected only w, got "v" too'],
    [
      () => runtime.load({ ...programs, other: createProgram('other', { y: sum(state('w', [3])) }) }, states),
      'load: expected state "w" of one shape in all programs, got 2 and 3',
    ],
  ];
  for (const [attempt, message] of refusals) {
    test(message, () => assert.rejects(attempt, { name: 'RddmError', message }));
  }

  test('a refused run does not change the states', async () => {
    const executable = await load();
    await assert.rejects(executable.run('step', { x: feeds.x }));
    assert.deepEqual([...(await executable.readStates()).w.data], [3, 4]);
  });

  test('anything after release; results stay', async () => {
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

  test('anything after the runtime is closed', async () => {
    const closing = createOrtRuntime();
    const executable = await closing.load(programs, states);
    await closing.close();
    await assert.rejects(executable.run('step', feeds), { name: 'RddmError', message: /the worker ended/ });
    await assert.rejects(closing.load(programs, states), { name: 'RddmError', message: /the worker ended/ });
  });
});

/** Runs code in its own process, with `runtime` and `load` defined. */
function outside(program: string, environment: NodeJS.ProcessEnv = {}) {
  const imports = `
    import { createOrtRuntime } from './src/adapters/node/ort/runtime.ts';
    import { feed, square } from './src/graph/build.ts';
    import { createProgram } from './src/graph/program.ts';
    const runtime = createOrtRuntime({ device: 'webgpu' });
    const load = () => runtime.load({ main: createProgram('main', { y: square(feed('x', [1])) }) });
  `;
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', imports + program], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

const anotherDriver = process.platform === 'linux' ? false : 'only Vulkan takes its driver from a variable';

test('a missing device is an error of `load`, with a sentence, every time', { skip: anotherDriver }, () => {
  // The Vulkan loader finds only the driver named by this variable.
  const nowhere = { VK_ICD_FILENAMES: '/no/such/driver.json', VK_DRIVER_FILES: '/no/such/driver.json' };
  const { stdout, status } = outside(
    `
    for (const attempt of [1, 2]) {
      const failure = await load().catch((error) => error);
      console.log(failure.name + ': ' + failure.message);
    }
    await runtime.close();
    `,
    nowhere,
  );
  assert.match(stdout, /^(RddmError: onnxruntime: .*WebGPU.*){2}$/s);
  assert.equal(status, 0);
});

test('a process exits by itself, though its device is kept and its runtime not closed', {
  skip: await whyNoWebgpu(),
}, () => {
  const { stdout, stderr, status } = outside(`
    for (const x of [2, 3]) {
      const executable = await load();
      const { y } = await executable.run('main', { x: { shape: [1], data: Float32Array.of(x) } });
      await executable.release();
      console.log(y.data[0]);
    }
  `);
  assert.equal(stderr, '');
  assert.equal(stdout, '4\n9\n');
  assert.equal(status, 0);
});
