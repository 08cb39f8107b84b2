/**
 * Profiles a network in Node as it really runs: the graph in a profiling session of onnxruntime, then the passes that
 * were split off, each timed. It feeds them like src/ort/run-program.ts, but in this thread, since nothing else has to
 * wait.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Kernel } from '../src/graph/elementwise.ts';
import { simplify } from '../src/graph/simplify.ts';
import { expected } from '../src/math/errors.ts';
import { elementCount } from '../src/math/shape.ts';
import type { Tensor, TensorMap } from '../src/math/tensor.ts';
import { lowerProgram } from '../src/onnx/emit.ts';
import { encodeOnnx } from '../src/onnx/model.ts';
import { createPassMemory, fitsPassMemory } from '../src/ort/pass-memory.ts';
import { prepareProgram } from '../src/ort/prepare.ts';
import type { PassCall, ProgramEnds } from '../src/ort/protocol.ts';
import { compileKernel } from '../src/wasm/kernel.ts';
import { layerOfNode, layersOf, OPTIMISER } from './layers.ts';
import { networkProgram } from './network.ts';
import type { NetworkTask } from './task.ts';
import { type KernelCall, lastCalls, type RunProfile, type TraceEvent } from './trace.ts';

const toOrt = ({ shape, data }: Tensor): OrtTensor => new OrtTensor('float32', data.slice(), [...shape]);

const shapesOf = (tensors: TensorMap) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));

/** A network's states and the passes over them, one at a time so that each can be timed. */
function passesOf(ends: ProgramEnds, states: TensorMap, kernels: readonly Kernel[]) {
  // Programs share the memory between graphs and passes, so a single pass finds its values where all passes would.
  const single = ends.passes.map((pass): ProgramEnds => ({ ...ends, passes: [pass] }));
  const memory = createPassMemory(OrtTensor, shapesOf(states), [ends, ...single], kernels.map(compileKernel));
  for (const [name, state] of memory.states) (state.data as Float32Array).set(states[name].data);
  return { memory, single };
}

const callOf = ({ tensors, states, count }: PassCall, microseconds: number): KernelCall => ({
  op: 'pass in WebAssembly',
  layer: OPTIMISER,
  microseconds,
  inputs: tensors.map(() => [count]),
  outputs: states.map(() => [count]),
});

/** The profile that onnxruntime wrote into a folder. */
async function traceIn(folder: string, prefix: string): Promise<TraceEvent[]> {
  const file = (await readdir(folder)).find((name) => name.startsWith(prefix));
  if (!file) throw expected('bench --profile', "onnxruntime's profile", 'none');
  return JSON.parse(await readFile(join(folder, file), 'utf8'));
}

/** Runs a network's program, or a step of its training, `warmUps` + `runs` times and reports the last `runs`. */
export async function profileStep(
  task: NetworkTask,
  warmUps: number,
  runs: number,
  folder: string,
): Promise<RunProfile> {
  const { program, states, weights, feeds } = await networkProgram(task);
  const kernels = new Map<string, Kernel>();
  const { graph, ends } = prepareProgram(simplify(program), kernels);
  if (!graph || !fitsPassMemory(shapesOf(states), [ends]))
    throw expected('bench --profile', 'a smaller network', task.kind);
  const model = lowerProgram(graph, 'cpu');
  const prefix = 'profile';
  const session = await InferenceSession.create(encodeOnnx(model), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(folder, prefix),
  });
  const { memory, single } = passesOf(ends, states, [...kernels.values()]);
  const resident = Object.fromEntries(ends.states.map((name) => [name, memory.states.get(name) as OrtTensor]));
  const fetches: Record<string, OrtTensor | null> = { ...memory.between(ends) };
  for (const name of ends.outputs) fetches[name] = null;
  for (const [state, { output, inPlace }] of Object.entries(ends.updates)) {
    const old = memory.states.get(state) as OrtTensor;
    fetches[output] = inPlace ? old : new OrtTensor('float32', new Float32Array(elementCount(old.dims)), old.dims);
  }

  const passes: KernelCall[] = [];
  let seconds = 0;
  for (let step = 1; step <= warmUps + runs; step++) {
    const fed = feeds(step);
    const ofGraph = Object.keys(ends.feeds).map((name) => [name, toOrt(fed[name])]);
    const began = performance.now();
    await session.run({ ...resident, ...Object.fromEntries(ofGraph) }, fetches);
    const timings = single.map((one) => {
      const start = performance.now();
      memory.run(one, fed);
      return (performance.now() - start) * 1000;
    });
    if (step <= warmUps) continue;
    seconds += (performance.now() - began) / 1000;
    passes.push(...ends.passes.map((pass, i) => callOf(pass, timings[i])));
  }
  session.endProfiling();
  await session.release();
  const layers = layersOf(model, weights);
  const calls = lastCalls(await traceIn(folder, prefix), runs, (node) => layerOfNode(layers, node));
  return { runs, calls: [...calls, ...passes], secondsPerRun: seconds / runs };
}
