/**
 * One run of a loaded program. On the CPU, updates that are plain arithmetic are passes over the states, after the
 * graph. Other updates are written over the old value if the graph allows it, else into a second buffer that is swapped
 * in, so no step copies the weights. A device keeps its states to itself.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { TensorMap } from '../math/tensor.ts';
import type { OrtBackend } from './backend.ts';
import type { DeviceStates } from './device-states.ts';
import type { LoadedExecutable, LoadedProgram } from './loaded.ts';
import type { ProgramEnds } from './protocol.ts';
import { blank, copyInto, fromOrt, toOrt } from './tensors.ts';

type OrtTensors = Readonly<Record<string, OrtTensor>>;

/** Runs a program, updates its states, and returns its outputs. */
export async function runProgram(
  backend: OrtBackend,
  executable: LoadedExecutable,
  { ends, session }: LoadedProgram,
  feeds: TensorMap,
): Promise<TensorMap> {
  const inputs: Record<string, OrtTensor> = {};
  for (const name of Object.keys(ends.feeds)) inputs[name] = toOrt(backend.Tensor, feeds[name]);
  for (const name of ends.states) inputs[name] = executable.states.get(name) as OrtTensor;
  const results = executable.device
    ? await runOnDevice(executable.device, ends, inputs, session as InferenceSession)
    : await runHere(backend, executable, ends, inputs, session);
  executable.passes?.run(ends, feeds);
  return Object.fromEntries(ends.outputs.map((name) => [name, fromOrt(results[name])]));
}

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

/**
 * Runs a graph whose results are on the host. Everything that passes read or write stays in their memory, so there a
 * state is written in place or copied to its place, never swapped.
 */
async function runHere(
  { Tensor: OrtTensor, fillsGivenTensors: fills }: OrtBackend,
  { states, spares, passes }: LoadedExecutable,
  ends: ProgramEnds,
  inputs: OrtTensors,
  session: InferenceSession | undefined,
): Promise<OrtTensors> {
  const between = passes?.between(ends) ?? {};
  const given: Record<string, OrtTensor> = fills ? { ...between } : {};
  const copied: Record<string, OrtTensor> = fills ? {} : { ...between };
  const swapped: [state: string, written: OrtTensor][] = [];
  for (const [state, { output, inPlace }] of Object.entries(ends.updates)) {
    const old = states.get(state) as OrtTensor;
    if (fills && inPlace) given[output] = old;
    else if (fills && !passes) {
      given[output] = spares.get(state) ?? blank(OrtTensor, old.dims);
      swapped.push([state, given[output]]);
    } else copied[output] = old;
  }
  const fresh = Object.fromEntries([...ends.outputs, ...Object.keys(copied)].map((name) => [name, null]));

  const results = ((await session?.run(inputs, { ...given, ...fresh })) ?? {}) as OrtTensors;
  for (const [name, target] of Object.entries(copied)) copyInto(target, results[name]);
  for (const [state, written] of swapped) {
    spares.set(state, states.get(state) as OrtTensor);
    states.set(state, written);
  }
  return results;
}
