/**
 * Runs a network case in a profiled session of onnxruntime and reads what it wrote. The session is opened and fed as
 * src/adapters/node/ort-worker.ts does it, but here: nobody else has to wait.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { statesUpdatedInPlace } from '../src/graph/program.ts';
import { expected } from '../src/math/errors.ts';
import { elementCount } from '../src/math/shape.ts';
import type { Tensor } from '../src/math/tensor.ts';
import { lowerProgram, updateName } from '../src/onnx/emit.ts';
import { encodeOnnx } from '../src/onnx/model.ts';
import { casesNamed } from './cases.ts';
import { layerOfNode, layersOf } from './layers.ts';
import { networkProgram } from './network.ts';
import { isNetworkTask } from './task.ts';

/** One operator call, as onnxruntime writes it. */
export interface KernelCall {
  readonly op: string;
  /** Of the network; `layout` for what onnxruntime put between two layers. */
  readonly layer: string;
  readonly microseconds: number;
  /** Shapes of float32 values; onnxruntime leaves out the constants that it has packed. */
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** The calls of the runs that count. */
export interface Profile {
  readonly name: string;
  readonly runs: number;
  readonly calls: readonly KernelCall[];
  /** Of whole runs, with what is between the operators. */
  readonly secondsPerRun: number;
}

/** The first runs are page faults. */
const WARM_UPS = 2;

type Shapes = readonly Readonly<Record<string, readonly number[]>>[];

/** A trace event; shapes come as `[{"float":[1,64,256,256]},…]`. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: Shapes;
    readonly output_type_shape?: Shapes;
  };
}

const toOrt = ({ shape, data }: Tensor): OrtTensor => new OrtTensor('float32', data.slice(), [...shape]);

const shapesOf = (shapes: Shapes = []): (readonly number[])[] =>
  shapes.flatMap(({ float }) => (float === undefined ? [] : [float]));

/** The operator calls of the last `runs` runs, in the order in which they ended. */
function lastCalls(events: readonly TraceEvent[], runs: number, layers: ReadonlyMap<string, string>): KernelCall[] {
  const starts = events.flatMap(({ name }, i) => (name === 'model_run' ? [i] : []));
  const calls = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  // Every run makes the same calls.
  const perRun = calls.length / starts.length;
  return calls.slice(calls.length - perRun * runs).map(({ name, dur, args }) => ({
    op: args?.op_name ?? '',
    layer: layerOfNode(layers, name.replace(/_kernel_time$/, '')) ?? 'layout',
    microseconds: dur,
    inputs: shapesOf(args?.input_type_shape),
    outputs: shapesOf(args?.output_type_shape),
  }));
}

/**
 * Profiles a network case.
 *
 * @param word in the name of exactly one network case, or its whole name
 * @throws RddmError when it is not
 */
export async function profileCase(word: string, runs: number): Promise<Profile> {
  const found = casesNamed([word]).filter(({ kind }) => kind === 'inference' || kind === 'training');
  const what = found.find(({ name }) => name === word) ?? found[0];
  if (!what || (found.length > 1 && what.name !== word)) {
    const names = found.map(({ name }) => name).join(', ');
    throw expected('bench --profile', 'a network case', names || word, 'see npm run bench -- --list');
  }
  const folder = await mkdtemp(join(tmpdir(), 'rddm-profile-'));
  try {
    const task = await what.prepare(folder, () => {});
    if (!isNetworkTask(task)) throw expected('bench --profile', 'a network case', what.name);
    const { program, states, weights, feeds } = await networkProgram(task);
    const model = lowerProgram(program, 'cpu');
    const session = await InferenceSession.create(encodeOnnx(model), {
      executionProviders: ['cpu'],
      enableMemPattern: false,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    const resident = Object.fromEntries(Object.entries(states).map(([name, value]) => [name, toOrt(value)]));
    const inPlace = statesUpdatedInPlace(program);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const name of Object.keys(program.outputs)) fetches[name] = null;
    for (const name of Object.keys(program.updates)) {
      const { dims } = resident[name];
      const spare = () => new OrtTensor('float32', new Float32Array(elementCount(dims)), dims);
      fetches[updateName(name)] = inPlace.has(name) ? resident[name] : spare();
    }
    let seconds = 0;
    for (let step = 1; step <= WARM_UPS + runs; step++) {
      const given = Object.fromEntries(Object.entries(feeds(step)).map(([name, value]) => [name, toOrt(value)]));
      const began = performance.now();
      await session.run({ ...resident, ...given }, fetches);
      if (step > WARM_UPS) seconds += (performance.now() - began) / 1000;
    }
    session.endProfiling();
    await session.release();
    const file = (await readdir(folder)).find((name) => name.startsWith('profile'));
    if (!file) throw expected('bench --profile', "onnxruntime's profile", 'none');
    const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as TraceEvent[];
    return {
      name: what.name,
      runs,
      calls: lastCalls(events, runs, layersOf(model, weights)),
      secondsPerRun: seconds / runs,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
