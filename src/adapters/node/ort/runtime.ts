/**
 * onnxruntime-node as a runtime, on the CPU or on WebGPU: programs are emitted here, executed in a
 * worker thread, and the event loop of the caller never blocks.
 */
import { Worker } from 'node:worker_threads';
import { constant, conv2d, feed } from '../../../graph/build.ts';
import { type Kernel, splitProgram } from '../../../graph/elementwise.ts';
import { createProgram, type Program, statesUpdatedInPlace } from '../../../graph/program.ts';
import { recompute } from '../../../graph/recompute.ts';
import { simplify } from '../../../graph/simplify.ts';
import { expected, RddmError } from '../../../math/errors.ts';
import { elementCount } from '../../../math/shape.ts';
import type { Tensor, TensorMap } from '../../../math/tensor.ts';
import { emit, updateName } from '../../../onnx/emit.ts';
import type { ConvolutionForms } from '../../../onnx/lowering.ts';
import type { Precision } from '../../../onnx/precision.ts';
import { fitsPassMemory } from '../../../ort/pass-memory.ts';
import type { Answer, Envelope, Model, ProgramEnds, Request, Result, SessionSettings } from '../../../ort/protocol.ts';
import {
  checkTensors,
  type Executable,
  type Placement,
  programTable,
  type Residence,
  type Runtime,
  sharedStates,
} from '../../../runtime/runtime.ts';
import { compileKernel } from '../../../wasm/kernel.ts';
import { operatorThreads } from '../machine.ts';
import { workerUrl } from '../worker-url.ts';
import { cacheFolder } from './cache-folder.ts';

/** Sends requests to a worker and matches the answers. Holds the worker until `close`. */
class WorkerChannel {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  #nextId = 0;
  #failure: Error | undefined;

  constructor(url: URL) {
    this.#worker = new Worker(url);
    // An idle runtime must not keep a finished program alive.
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if ('error' in answer) waiting?.reject(new RddmError(`onnxruntime: ${answer.error}`));
      else waiting?.resolve(answer.result);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new RddmError(`onnxruntime: the worker ended with code ${code}`)));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Result> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, request } satisfies Envelope, transfer);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));

const shapesOf = (inputs: Program['outputs']): Record<string, readonly number[]> =>
  mapValues(inputs, ({ shape }) => shape);

/** A program as the worker gets it. */
interface Prepared {
  readonly graph: Program | undefined;
  readonly ends: ProgramEnds;
}

/** Splits off the passes, numbering their kernels in `kernels`; with `whole` the graph keeps all updates. */
export function prepared(program: Program, kernels: Map<string, Kernel>, split: typeof splitProgram): Prepared {
  const { rest, passes, between } = split(program);
  const inPlace = rest ? statesUpdatedInPlace(rest) : new Set<string>();
  const numberOf = (kernel: Kernel): number => {
    const key = JSON.stringify(kernel);
    kernels.set(key, kernel);
    return [...kernels.keys()].indexOf(key);
  };
  return {
    graph: rest,
    ends: {
      feeds: shapesOf(rest?.feeds ?? {}),
      states: Object.keys(rest?.states ?? {}),
      outputs: Object.keys(program.outputs),
      updates: Object.fromEntries(
        Object.keys(rest?.updates ?? {}).map((state) => [
          state,
          { output: updateName(state), inPlace: inPlace.has(state) },
        ]),
      ),
      between: shapesOf(between),
      passes: passes.map(({ kernel, ...pass }) => ({ ...pass, kernel: numberOf(kernel) })),
    },
  };
}

/** What is computed of a program: less where it can be, and twice where a training step would keep too much. */
function simplified(program: Program, keptBytes?: number): Program {
  const simple = simplify(program);
  return Object.keys(program.states).length > 0 ? recompute(simple, keptBytes) : simple;
}

const whole: typeof splitProgram = (program) => ({ rest: program, passes: [], between: {} });

/** Sentences for what a machine's graphics device may lack; other failures keep onnxruntime's own words. */
function deviceError(error: Error): Error {
  const [words] = error.message.split('\n');
  if (/no supported adapter|failed to (get|find|request) .*adapter/i.test(error.message)) {
    const remedy = 'install its driver, or use the device cpu';
    return expected('onnxruntime', 'a graphics device for WebGPU', `none (${words})`, remedy);
  }
  if (/requires f16 but the device does not support it/.test(error.message)) {
    const device = 'a graphics device that computes in 16 bits (shader-f16) for precision float16';
    return expected('onnxruntime', device, 'one that does not', 'use precision float32');
  }
  return error;
}

/** A convolution wide enough for the layouts that ONNX Runtime has for wide vectors. */
function probeModel(): Model {
  const shape = [32, 32, 1, 1];
  const weight = { shape, data: Float32Array.from({ length: elementCount(shape) }, (_, i) => i) };
  const y = conv2d(feed('x', [1, 32, 8, 8]), constant(weight), { stride: 1, padding: 0 });
  return emit(createProgram('probe', { y }), 'cpu');
}

/** Settings of an onnxruntime-node runtime. */
export interface OrtRuntimeOptions {
  readonly device?: SessionSettings['device'];
  /** Threads of one operator; by default as many as the process has cores. */
  readonly threads?: number;
  /** What a training step may keep of its forward pass before it computes quick things again; by default 256 MiB. */
  readonly keptBytes?: number;
  /** How convolutions are lowered that have two forms; by default each in the faster one. */
  readonly convolutions?: ConvolutionForms;
  /**
   * The folder in which graphs are kept as ONNX Runtime has optimised them for this processor, or `off`. By default
   * `RDDM_CACHE`, else where the system keeps such things. Only the CPU has one.
   */
  readonly cache?: string;
  /** float16: convolutions and what passes their results on, for inference on WebGPU. By default float32. */
  readonly precision?: Precision;
}

/**
 * Opens onnxruntime-node in a worker thread.
 *
 * @throws RddmError at once for float16 on the CPU, which has no arithmetic for it; from `load` when the device is not there
 *   (no GPU driver), with onnxruntime's own words, or programs for float16 have states; from `load` or `run` when the device
 *   cannot compute in 16 bits
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import { createProgram, feed, multiply } from 'rddm/graph';
 * import { createOrtRuntime } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * const runtime = createOrtRuntime({ device: 'cpu' });
 * const executable = await runtime.load({ double: createProgram('double', { y: multiply(feed('x', [2]), 2) }) });
 * const { y } = await executable.run('double', { x: tensor([2], [1, 2]) });
 * assert.deepEqual([...y.data], [2, 4]);
 * await runtime.close();
 * ```
 */
export function createOrtRuntime({
  device = 'cpu',
  threads = operatorThreads(),
  keptBytes,
  convolutions,
  cache = cacheFolder() ?? 'off',
  precision = 'float32',
}: OrtRuntimeOptions = {}): Runtime {
  if (precision === 'float16' && device !== 'webgpu')
    throw expected('onnxruntime', 'device webgpu for precision float16', device, 'use precision float32');
  const channel = new WorkerChannel(workerUrl(import.meta.url, './worker'));
  const ask: WorkerChannel['ask'] = (request, transfer) =>
    channel.ask(request, transfer).catch((error: Error) => {
      throw device === 'webgpu' ? deviceError(error) : error;
    });
  let executableCount = 0;
  return {
    device,
    async load(programs, states: TensorMap = {}): Promise<Executable> {
      checkTensors('load', sharedStates(programs), states);
      if (precision === 'float16' && Object.keys(states).length > 0)
        throw expected('load', 'programs without states for precision float16', 'some with', 'train in float32');
      const executable = executableCount++;
      const prepare = (split: typeof splitProgram) => {
        const kernels = new Map<string, Kernel>();
        const all = Object.entries(programs).map(
          ([name, program]) => [name, prepared(simplified(program, keptBytes), kernels, split)] as const,
        );
        return { kernels, all: Object.fromEntries(all) };
      };
      // A GPU keeps its states to itself, and what WebAssembly cannot address stays in the graph.
      let { kernels, all } = prepare(device === 'cpu' ? splitProgram : whole);
      const ends = Object.values(all).map((one) => one.ends);
      const shapes = mapValues(states, ({ shape }) => shape);
      if (!fitsPassMemory(shapes, ends)) ({ kernels, all } = prepare(whole));
      const models = mapValues(all, ({ graph }) => graph && emit(graph, device, { convolutions, precision }));
      const request: Request = {
        kind: 'load',
        executable,
        programs: mapValues(all, (one) => one.ends),
        models,
        kernels: [...kernels.values()].map(compileKernel),
        states: shapes,
        settings: { device, threads },
        cache: device === 'cpu' && cache !== 'off' ? { folder: cache, probe: probeModel() } : undefined,
      };
      const transfer = Object.values(models).flatMap((model) => (model ? [model.buffer] : []));
      await ask(request, transfer);
      try {
        for (const [state, { shape, data }] of Object.entries(states)) {
          const value = { shape, data: data.slice() };
          await ask({ kind: 'begin', executable, state, value }, [value.data.buffer]);
        }
      } catch (error) {
        // The device is full.
        await ask({ kind: 'release', executable }).catch(() => {});
        throw error;
      }
      const table = programTable(programs);
      // The names alone: the caller's first values may be let go once they are in the worker.
      const stateNames = Object.keys(states);
      return {
        async run(name, feeds) {
          checkTensors(`run ${name}`, table.find('run', name).feeds, feeds);
          return (await ask({ kind: 'run', executable, program: name, feeds })) as Record<string, Tensor>;
        },
        async readStates(names = stateNames) {
          table.requireOpen('readStates');
          const unknown = names.find((name) => !stateNames.includes(name));
          if (unknown !== undefined)
            throw expected('readStates', `one of the states ${stateNames.join(', ')}`, unknown);
          return (await ask({ kind: 'read', executable, names })) as Record<string, Tensor>;
        },
        async residence() {
          table.requireOpen('residence');
          return (await ask({ kind: 'residence', executable })) as Residence[];
        },
        async placement(name) {
          table.find('placement', name);
          const { graph } = all[name];
          if (!graph) return [];
          const model = emit(graph, device, { convolutions, precision });
          const request: Request = { kind: 'placement', executable, program: name, model };
          return (await ask(request, [model.buffer])) as Placement[];
        },
        async release() {
          if (!table.release()) return;
          await ask({ kind: 'release', executable });
        },
      };
    },
    close: () => channel.close(),
  };
}
