/**
 * The worker thread in which onnxruntime-node runs: `InferenceSession.run` blocks its thread, so it
 * must not be the caller's. Holds the sessions and, between runs, the states. Updates that are plain arithmetic are
 * passes over the states, after the graph; another is written over the old value where the graph allows it, else into a
 * second buffer that is swapped in: no copy of the weights a step.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { elementCount } from '../../math/shape.ts';
import type { Tensor, TensorMap } from '../../math/tensor.ts';
import type { Placement } from '../../runtime/runtime.ts';
import type { Answer, Envelope, Model, ProgramEnds, Request, Result, SessionSettings } from './ort-protocol.ts';
import { createPassMemory, type PassMemory } from './pass-memory.ts';
import { sessionOptions } from './session-options.ts';

interface LoadedProgram {
  readonly ends: ProgramEnds;
  /** None where the program is passes alone. */
  readonly session: InferenceSession | undefined;
}

interface LoadedExecutable {
  readonly settings: SessionSettings;
  readonly programs: Map<string, LoadedProgram>;
  readonly states: Map<string, OrtTensor>;
  /** Second buffers of the states that cannot be written in place. */
  readonly spares: Map<string, OrtTensor>;
  /** Where there are passes. */
  readonly passes: PassMemory | undefined;
}

const executables = new Map<number, LoadedExecutable>();

/** A view into a larger buffer (a weight of a file) is copied: kernels sum in another order where memory is not aligned. */
const toOrt = ({ shape, data }: Tensor): OrtTensor =>
  new OrtTensor('float32', data.byteOffset === 0 ? data : data.slice(), [...shape]);
const fromOrt = (value: OrtTensor): Tensor => ({
  shape: value.dims,
  data: value.data as Float32Array<ArrayBuffer>,
});
const blank = (shape: readonly number[]): OrtTensor =>
  new OrtTensor('float32', new Float32Array(elementCount(shape)), [...shape]);

/** States in memory of their own: written in place, two that begin as one tensor (a weight and its average) must not stay one. */
function ownStates(given: TensorMap): Map<string, OrtTensor> {
  const taken = new Set<ArrayBufferLike>();
  return new Map(
    Object.entries(given).map(([name, { shape, data }]) => {
      const own = taken.has(data.buffer) ? data.slice() : data;
      taken.add(data.buffer);
      return [name, toOrt({ shape, data: own })];
    }),
  );
}

const openSession = (
  model: Uint8Array,
  settings: SessionSettings,
  more: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> => InferenceSession.create(model, { ...sessionOptions(settings), ...more });

async function load(request: Extract<Request, { kind: 'load' }>): Promise<null> {
  const { settings } = request;
  const programs = new Map<string, LoadedProgram>();
  try {
    for (const [name, ends] of Object.entries(request.programs)) {
      const model = request.models[name];
      programs.set(name, { ends, session: model && (await openSession(model, settings)) });
    }
  } catch (error) {
    for (const { session } of programs.values()) await session?.release();
    throw error;
  }
  const all = Object.values(request.programs);
  const passes = request.kernels.length > 0 ? createPassMemory(request.states, all, request.kernels) : undefined;
  const states = passes?.states ?? ownStates(request.states);
  executables.set(request.executable, { settings, programs, states, spares: new Map(), passes });
  return null;
}

async function run(executable: LoadedExecutable, programName: string, feeds: TensorMap): Promise<TensorMap> {
  const { ends, session } = executable.programs.get(programName) as LoadedProgram;
  const inputs: Record<string, OrtTensor> = {};
  for (const name of Object.keys(ends.feeds)) inputs[name] = toOrt(feeds[name]);
  for (const name of ends.states) inputs[name] = executable.states.get(name) as OrtTensor;

  const fetches: Record<string, OrtTensor | null> = { ...executable.passes?.between(ends) };
  for (const name of ends.outputs) fetches[name] = null;
  const swaps: [state: string, written: OrtTensor][] = [];
  for (const [state, { output, inPlace }] of Object.entries(ends.updates)) {
    const old = executable.states.get(state) as OrtTensor;
    const target = inPlace ? old : (executable.spares.get(state) ?? blank(old.dims));
    fetches[output] = target;
    if (!inPlace) swaps.push([state, target]);
  }

  const results = (await session?.run(inputs, fetches)) ?? {};
  for (const [state, written] of swaps) {
    executable.spares.set(state, executable.states.get(state) as OrtTensor);
    executable.states.set(state, written);
  }
  executable.passes?.run(ends, feeds);
  return Object.fromEntries(ends.outputs.map((name) => [name, fromOrt(results[name] as OrtTensor)]));
}

function read(executable: LoadedExecutable, names: readonly string[]): TensorMap {
  return Object.fromEntries(
    names.map((name) => {
      const { shape, data } = fromOrt(executable.states.get(name) as OrtTensor);
      return [name, { shape, data: data.slice() }];
    }),
  );
}

/** Runs the program once in a profiled session of its own; the profile names the provider of each node. */
async function placement(executable: LoadedExecutable, programName: string, model: Model): Promise<Placement[]> {
  const { ends } = executable.programs.get(programName) as LoadedProgram;
  const folder = mkdtempSync(join(tmpdir(), 'rddm-profile-'));
  try {
    const session = await openSession(model, executable.settings, {
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    try {
      const inputs: Record<string, OrtTensor> = {};
      for (const [name, shape] of Object.entries(ends.feeds)) inputs[name] = blank(shape);
      for (const name of ends.states) inputs[name] = executable.states.get(name) as OrtTensor;
      await session.run(inputs);
      session.endProfiling();
    } finally {
      await session.release();
    }
    const events: { cat: string; name: string; args?: { op_name?: string; provider?: string } }[] = readdirSync(
      folder,
    ).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
    return events
      .filter((event) => event.cat === 'Node' && event.name.endsWith('_kernel_time'))
      .map(({ name, args }) => ({
        node: name.replace(/_kernel_time$/, ''),
        opType: args?.op_name ?? '',
        provider: args?.provider ?? '',
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function release(executable: LoadedExecutable): Promise<null> {
  for (const { session } of executable.programs.values()) await session?.release();
  return null;
}

async function answer(request: Request): Promise<Result> {
  if (request.kind === 'load') return load(request);
  const executable = executables.get(request.executable) as LoadedExecutable;
  switch (request.kind) {
    case 'run':
      return run(executable, request.program, request.feeds);
    case 'read':
      return read(executable, request.names);
    case 'placement':
      return placement(executable, request.program, request.model);
    case 'release':
      executables.delete(request.executable);
      return release(executable);
  }
}

const port = parentPort;
if (!port) throw new Error('ort-worker: expected to run in a worker thread');

// One request after the other, in the order of asking: states depend on it.
let last: Promise<void> = Promise.resolve();
port.on('message', ({ id, request }: Envelope) => {
  last = last.then(async () => {
    let reply: Answer;
    try {
      reply = { id, result: await answer(request) };
    } catch (error) {
      reply = { id, error: error instanceof Error ? error.message : String(error) };
    }
    const transfer =
      'result' in reply && reply.result && !Array.isArray(reply.result)
        ? Object.values(reply.result).map(({ data }) => data.buffer)
        : [];
    port.postMessage(reply, transfer);
  });
});
