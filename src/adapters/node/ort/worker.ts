/**
 * The worker thread in which onnxruntime-node runs: `InferenceSession.run` blocks its thread, so it
 * must not be the caller's. Holds the sessions and, between runs, the states. On the CPU, updates that are plain arithmetic
 * are passes over the states, after the graph; another is written over the old value where the graph allows it, else into a
 * second buffer that is swapped in: no copy of the weights a step. A device keeps its states to itself.
 */
import { parentPort } from 'node:worker_threads';
import { env, InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { elementCount } from '../../../math/shape.ts';
import type { Tensor, TensorMap } from '../../../math/tensor.ts';
import { copyModel, createDeviceStates, type DeviceStates, ON_DEVICE } from '../../../ort/device-states.ts';
import { createPassMemory, type PassMemory } from '../../../ort/pass-memory.ts';
import type { Answer, Envelope, Model, ProgramEnds, Request, Result, SessionSettings } from '../../../ort/protocol.ts';
import { sessionOptions } from '../../../ort/session-options.ts';
import type { Placement, Residence } from '../../../runtime/runtime.ts';
import { profiledPlacement } from './profiled-placement.ts';
import { openCached } from './session-cache.ts';

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
  /** Where the states are not in this memory. */
  readonly device: DeviceStates | undefined;
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

function openSession(
  model: Uint8Array | string,
  settings: SessionSettings,
  more: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  const options = { ...sessionOptions(settings), ...more };
  return typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options);
}

/**
 * A session by way of the cache, where there is one. Not of a training step: a stored graph runs its nodes in another order,
 * in which what is computed again is computed early and kept, and most of its opening is planning memory anyway.
 */
function openProgram(
  model: Model,
  { states }: ProgramEnds,
  { settings, cache }: Extract<Request, { kind: 'load' }>,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  if (!cache || states.length > 0) return openSession(model, settings, options);
  const context = JSON.stringify([env.versions, sessionOptions(settings)]);
  return openCached(model, { ...cache, context }, (source, more) => openSession(source, settings, more));
}

/**
 * A session that keeps the graphics device. ONNX Runtime gives it up with its last session, and with it all compiled
 * shaders, which the next program would compile again; its own option for that is refused by onnxruntime-node.
 */
let deviceKeeper: InferenceSession | undefined;

async function keepDevice(settings: SessionSettings): Promise<void> {
  deviceKeeper ??= await openSession(copyModel(), { ...settings, threads: 1 });
}

/** After a failure: a device that is lost or full must not be kept, or a second attempt would meet it again. */
async function letDeviceGo(): Promise<void> {
  const keeper = deviceKeeper;
  deviceKeeper = undefined;
  await keeper?.release();
}

/** The next values of states stay on the device; all else comes back. */
function resultsOnDevice({ updates }: ProgramEnds): InferenceSession.SessionOptions {
  const written = Object.values(updates).map(({ output }) => [output, ON_DEVICE]);
  return written.length > 0 ? { preferredOutputLocation: Object.fromEntries(written) } : {};
}

async function load(request: Extract<Request, { kind: 'load' }>): Promise<null> {
  const { settings } = request;
  const programs = new Map<string, LoadedProgram>();
  try {
    if (settings.device === 'webgpu') await keepDevice(settings);
    for (const [name, ends] of Object.entries(request.programs)) {
      const model = request.models[name];
      const options = settings.device === 'webgpu' ? resultsOnDevice(ends) : {};
      programs.set(name, { ends, session: model && (await openProgram(model, ends, request, options)) });
    }
    const all = Object.values(request.programs);
    const passes =
      request.kernels.length > 0 ? createPassMemory(OrtTensor, request.states, all, request.kernels) : undefined;
    const device =
      settings.device === 'webgpu' && Object.keys(request.states).length > 0
        ? await createDeviceStates((model, options) => openSession(model, settings, options))
        : undefined;
    const states = passes?.states ?? device?.states ?? new Map();
    executables.set(request.executable, { settings, programs, states, spares: new Map(), passes, device });
    return null;
  } catch (error) {
    for (const { session } of programs.values()) await session?.release();
    throw error;
  }
}

/** Takes the first value of a state, in memory of its own: written in place, two that begin as one tensor must not stay one. */
async function begin({ passes, device, states }: LoadedExecutable, name: string, value: Tensor): Promise<null> {
  if (passes) fromOrt(states.get(name) as OrtTensor).data.set(value.data);
  else if (device) await device.begin(name, toOrt(value));
  else states.set(name, toOrt(value));
  return null;
}

async function run(executable: LoadedExecutable, programName: string, feeds: TensorMap): Promise<TensorMap> {
  const { ends, session } = executable.programs.get(programName) as LoadedProgram;
  const inputs: Record<string, OrtTensor> = {};
  for (const name of Object.keys(ends.feeds)) inputs[name] = toOrt(feeds[name]);
  for (const name of ends.states) inputs[name] = executable.states.get(name) as OrtTensor;
  const results = executable.device
    ? await runOnDevice(executable.device, ends, inputs, session as InferenceSession)
    : await runHere(executable, ends, inputs, session);
  executable.passes?.run(ends, feeds);
  return Object.fromEntries(ends.outputs.map((name) => [name, fromOrt(results[name])]));
}

type OrtTensors = Readonly<Record<string, OrtTensor>>;

async function runOnDevice(
  device: DeviceStates,
  ends: ProgramEnds,
  inputs: OrtTensors,
  session: InferenceSession,
): Promise<OrtTensors> {
  const results = (await session.run(inputs)) as OrtTensors;
  for (const [state, { output }] of Object.entries(ends.updates)) device.replace(state, results[output]);
  return results;
}

async function runHere(
  executable: LoadedExecutable,
  ends: ProgramEnds,
  inputs: OrtTensors,
  session: InferenceSession | undefined,
): Promise<OrtTensors> {
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
  return results as OrtTensors;
}

async function read({ states, device }: LoadedExecutable, names: readonly string[]): Promise<TensorMap> {
  const copies: Record<string, Tensor> = {};
  for (const name of names) {
    const { shape, data } = fromOrt((await device?.read(name)) ?? (states.get(name) as OrtTensor));
    copies[name] = { shape, data: device ? data : data.slice() };
  }
  return copies;
}

const residence = ({ states }: LoadedExecutable): Residence[] =>
  [...states].map(([state, { location }]) => ({ state, memory: location === ON_DEVICE ? 'device' : 'host' }));

/** Runs the program once, on blank feeds, in a profiled session of its own. */
async function placement(executable: LoadedExecutable, programName: string, model: Model): Promise<Placement[]> {
  const { ends } = executable.programs.get(programName) as LoadedProgram;
  const inputs: Record<string, OrtTensor> = {};
  for (const [name, shape] of Object.entries(ends.feeds)) inputs[name] = blank(shape);
  for (const name of ends.states) inputs[name] = executable.states.get(name) as OrtTensor;
  return profiledPlacement((options) => openSession(model, executable.settings, options), inputs);
}

async function release(executable: LoadedExecutable): Promise<null> {
  await executable.device?.release();
  for (const { session } of executable.programs.values()) await session?.release();
  return null;
}

async function answer(request: Request): Promise<Result> {
  if (request.kind === 'load') return load(request);
  const executable = executables.get(request.executable) as LoadedExecutable;
  switch (request.kind) {
    case 'begin':
      return begin(executable, request.state, request.value);
    case 'run':
      return run(executable, request.program, request.feeds);
    case 'read':
      return read(executable, request.names);
    case 'residence':
      return residence(executable);
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
      await letDeviceGo().catch(() => {});
      reply = { id, error: error instanceof Error ? error.message : String(error) };
    }
    const transfer =
      'result' in reply && reply.result && !Array.isArray(reply.result)
        ? Object.values(reply.result).map(({ data }) => data.buffer)
        : [];
    port.postMessage(reply, transfer);
  });
});
