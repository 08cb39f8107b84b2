/**
 * The client and the worker's side in one process, over a port of a dozen lines: from a platform src/ort only needs
 * ONNX Runtime and a way to pass messages. Both ways of returning results give the same bytes, and onnxruntime-web,
 * here on WebAssembly, the right values.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { add, feed, matmul, multiply, softmax, state, subtract, sum } from '../graph/build.ts';
import { createProgram } from '../graph/program.ts';
import { normalTensor } from '../math/random.ts';
import { largestDifference, tensor } from '../math/tensor.ts';
import { createReferenceRuntime } from '../runtime/reference.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { conformanceCases, conformanceError } from '../testing/conformance.ts';
import type { ConformanceCase } from '../testing/conformance-case.ts';
import { stateCases } from '../testing/conformance-states.ts';
import type { OrtBackend } from './backend.ts';
import { createClient } from './client.ts';
import type { Port } from './protocol.ts';
import { serve } from './serve.ts';
import type { OrtWorker } from './worker-channel.ts';

/** The two ends of a channel in one process: messages are cloned and arrive later, as between threads. */
function createLine<A, B>(): [Port<A, B>, Port<B, A>] {
  const hear: Record<'left' | 'right', (message: never) => void> = { left: () => {}, right: () => {} };
  const end = (own: 'left' | 'right', other: 'left' | 'right') => ({
    post(message: unknown, transfer: ArrayBuffer[]) {
      const moved = structuredClone(message, { transfer });
      queueMicrotask(() => hear[other](moved as never));
    },
    listen(onMessage: (message: never) => void) {
      hear[own] = onMessage;
    },
  });
  return [end('left', 'right'), end('right', 'left')];
}

const node: OrtBackend = {
  Tensor: OrtTensor,
  open: (model, options) => InferenceSession.create(model, options),
  fillsGivenTensors: true,
};
/** Like onnxruntime-web: results are new tensors, and tensors given for results are ignored. */
const withNewTensors: OrtBackend = {
  ...node,
  async open(model, options) {
    const session = await InferenceSession.create(model, options);
    const run = (feeds: InferenceSession.FeedsType, fetches: InferenceSession.FetchesType) =>
      session.run(feeds, Object.keys(fetches));
    return { run, release: () => session.release() } as unknown as InferenceSession;
  },
  fillsGivenTensors: false,
};

web.env.wasm.numThreads = 1;
const webAssembly: OrtBackend = {
  Tensor: web.Tensor,
  open: (model, options) => web.InferenceSession.create(model, { ...options, executionProviders: ['wasm'] }),
  fillsGivenTensors: false,
};

function open(backend: OrtBackend): Runtime {
  const start = (): OrtWorker => {
    const [ours, theirs] = createLine();
    serve(theirs as Parameters<typeof serve>[0], backend);
    return { ...(ours as OrtWorker), terminate: async () => {} };
  };
  return createClient(start, { threads: 1 });
}

const filling = open(node);
const copying = open(withNewTensors);

/** The outputs and states after each run. */
async function valuesOf(runtime: Runtime, { program, feeds, states, runs }: ConformanceCase) {
  const executable = await runtime.load({ main: program }, states);
  const values = [];
  for (let i = 0; i < runs; i++) values.push(await executable.run('main', feeds), await executable.readStates());
  await executable.release();
  return values;
}

for (const [name, runtime] of [
  ['are filled', filling],
  ['are ignored', copying],
  ['are ignored by onnxruntime-web', open(webAssembly)],
] as const) {
  describe(`if given tensors ${name}`, () => {
    for (const one of [...stateCases, conformanceCases[0]])
      test(one.name, async () => assert.ok((await conformanceError(runtime, one)) <= 1e-5));
  });
}

test('copied results have the same bytes', async () => {
  for (const one of stateCases) assert.deepEqual(await valuesOf(copying, one), await valuesOf(filling, one), one.name);
});

describe('a state that one program updates in its graph and another in a pass', () => {
  const [w, v] = [state('w', [4, 4]), state('v', [4, 4])];
  const programs = {
    graph: createProgram('graph', {}, { w: softmax(matmul(w, w)) }),
    pass: createProgram('pass', { total: sum(w) }, { v: subtract(v, multiply(w, 0.5)) }),
    both: createProgram('both', {}, { v: softmax(v), w: add(w, multiply(feed('x', [4, 4]), 0.25)) }),
  };
  const states = { v: normalTensor([4, 4], 1, ['v']), w: normalTensor([4, 4], 1, ['w']) };
  const order = ['graph', 'pass', 'both', 'pass', 'graph', 'graph', 'both', 'pass'] as const;
  const x = normalTensor([4, 4], 1, ['x']);

  async function statesOf(runtime: Runtime) {
    const executable = await runtime.load(programs, states);
    for (const name of order) await executable.run(name, name === 'both' ? { x } : {});
    return executable.readStates();
  }

  for (const [name, runtime] of Object.entries({ filling, copying })) {
    test(`is one state, ${name}`, async () => {
      const wanted = await statesOf(createReferenceRuntime());
      const given = await statesOf(runtime);
      for (const [state, value] of Object.entries(wanted))
        assert.ok(largestDifference(value, given[state]) < 1e-5, state);
    });
  }
});

describe('a platform', () => {
  const y = multiply(feed('x', [2]), 2);
  const double = createProgram('double', { y });
  const x = tensor([2], [1, 2]);

  test('may cache optimised models, but is not asked to cache a training step', async () => {
    const asked: string[] = [];
    const recording = (name: string): OrtBackend['open'] => {
      return (model, options) => {
        asked.push(name);
        return node.open(model, options);
      };
    };
    const runtime = open({ ...node, open: recording('open'), openCached: recording('openCached') });
    await runtime.load({ double });
    await runtime.load({ step: createProgram('step', { y: sum(state('w', [2])) }) }, { w: x });
    assert.deepEqual(asked, ['openCached', 'open']);
  });

  test('without profiles, refuses to report where operators run', async () => {
    const executable = await open(node).load({ double });
    await assert.rejects(executable.placement('double'), {
      name: 'RddmError',
      message: "onnxruntime: placement: expected a platform with ONNX Runtime's profile, got one that does not",
    });
  });

  test('need not report that its worker ended: the client refuses later requests', async () => {
    const runtime = open(node);
    const executable = await runtime.load({ double });
    await runtime.close();
    const ended = { name: 'RddmError', message: 'onnxruntime: the worker ended' };
    await assert.rejects(executable.run('double', { x }), ended);
    await assert.rejects(runtime.load({ double }), ended);
  });

  test('is kept alive while answers are outstanding', async () => {
    const calls: string[] = [];
    const start = (): OrtWorker => {
      const [ours, theirs] = createLine();
      serve(theirs as Parameters<typeof serve>[0], node);
      const awake = { ref: () => calls.push('ref'), unref: () => calls.push('unref') };
      return { ...(ours as OrtWorker), ...awake, terminate: async () => {} };
    };
    const executable = await createClient(start, {}).load({ double });
    await Promise.all([executable.run('double', { x }), executable.run('double', { x })]);
    assert.deepEqual(calls, ['unref', 'ref', 'unref', 'ref', 'ref', 'unref']);
  });
});

after(() => Promise.all([filling.close(), copying.close()]));
