/**
 * The worker's side: holds sessions and, between runs, states, and answers one request after the other. In Node,
 * `InferenceSession.run` blocks its thread, so it must not be the caller's.
 */
import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { expected } from '../math/errors.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import type { Placement, Residence } from '../runtime/runtime.ts';
import type { OrtBackend } from './backend.ts';
import { createDeviceKeeper } from './device-keeper.ts';
import { ON_DEVICE } from './device-states.ts';
import { type LoadedExecutable, type LoadedProgram, loadExecutable, releaseExecutable } from './loaded.ts';
import type { Answer, Envelope, Model, Port, Request, Result } from './protocol.ts';
import { runProgram } from './run-program.ts';
import { sessionOptions } from './session-options.ts';
import { blank, copyInto, fromOrt, toOrt } from './tensors.ts';

/** Takes the initial value of a state in separate memory: two states that start as one tensor must not share it. */
async function begin(
  { Tensor: OrtTensor }: OrtBackend,
  { passes, device, states }: LoadedExecutable,
  name: string,
  value: Tensor,
): Promise<void> {
  if (passes) copyInto(states.get(name) as OrtTensor, value);
  else if (device) await device.begin(name, toOrt(OrtTensor, value));
  else states.set(name, toOrt(OrtTensor, value));
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

/** Runs the program once, on blank feeds, in a separate session that reports where each node ran. */
async function placement(
  { Tensor: OrtTensor, open, placement: find }: OrtBackend,
  { settings, states }: LoadedExecutable,
  { ends }: LoadedProgram,
  model: Model,
): Promise<Placement[]> {
  if (!find) throw expected('placement', "a platform with ONNX Runtime's profile", 'one that does not');
  const inputs: Record<string, OrtTensor> = {};
  for (const [name, shape] of Object.entries(ends.feeds)) inputs[name] = blank(OrtTensor, shape);
  for (const name of ends.states) inputs[name] = states.get(name) as OrtTensor;
  return find((options) => open(model, { ...sessionOptions(settings), ...options }), inputs);
}

/** Answers requests on a platform. Loaded executables live as long as the returned function. */
function createAnswerer(backend: OrtBackend) {
  const executables = new Map<number, LoadedExecutable>();
  const device = createDeviceKeeper(backend);
  const answer = async (request: Request): Promise<Result> => {
    if (request.kind === 'load') {
      if (request.settings.device === 'webgpu') await device.keep(request.settings);
      executables.set(request.executable, await loadExecutable(backend, request));
      return null;
    }
    const executable = executables.get(request.executable) as LoadedExecutable;
    const programOf = (name: string) => executable.programs.get(name) as LoadedProgram;
    switch (request.kind) {
      case 'begin':
        await begin(backend, executable, request.state, request.value);
        return null;
      case 'run':
        return runProgram(backend, executable, programOf(request.program), request.feeds);
      case 'read':
        return read(executable, request.names);
      case 'residence':
        return residence(executable);
      case 'placement':
        return placement(backend, executable, programOf(request.program), request.model);
      case 'release':
        executables.delete(request.executable);
        await releaseExecutable(executable);
        return null;
    }
  };
  return async (request: Request): Promise<{ result: Result } | { error: string }> => {
    try {
      return { result: await answer(request) };
    } catch (error) {
      await device.letGo().catch(() => {});
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
}

const buffersOf = (answer: Answer): ArrayBuffer[] =>
  'result' in answer && answer.result && !Array.isArray(answer.result)
    ? Object.values(answer.result as TensorMap).map(({ data }) => data.buffer)
    : [];

/** Serves the client at the other end of `port`, as long as there is one. */
export function serve(port: Port<Answer, Envelope>, backend: OrtBackend): void {
  const answer = createAnswerer(backend);
  // One request after the other, in their order: states depend on it.
  let last: Promise<void> = Promise.resolve();
  port.listen(({ id, request }) => {
    last = last.then(async () => {
      const reply: Answer = { id, ...(await answer(request)) };
      port.post(reply, buffersOf(reply));
    });
  });
}
