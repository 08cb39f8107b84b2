/**
 * ONNX Runtime as a runtime: programs are prepared and emitted here and executed in a worker, so the caller's event
 * loop never blocks. The worker may be a thread of Node or of a page; it runs `serve`.
 */
import { expected } from '../math/errors.ts';
import type { Tensor, TensorMap } from '../math/tensor.ts';
import { emit } from '../onnx/emit.ts';
import type { ConvolutionForms } from '../onnx/lowering.ts';
import type { Precision } from '../onnx/precision.ts';
import {
  checkTensors,
  type Executable,
  type Placement,
  programTable,
  type Residence,
  type Runtime,
  sharedStates,
} from '../runtime/runtime.ts';
import { compileKernel } from '../wasm/kernel.ts';
import { deviceError, runtimeError } from './device-error.ts';
import { preparePrograms, shapesOf } from './prepare.ts';
import type { Model, Request, SessionSettings } from './protocol.ts';
import { createWorkerChannel, type OrtWorker, type WorkerChannel } from './worker-channel.ts';

/** How programs are compiled and run, on any platform. */
export interface ClientOptions {
  readonly device?: SessionSettings['device'];
  /** Threads of one operator; by default as many as the process has cores. */
  readonly threads?: number;
  /**
   * Bytes that a training step may keep from its forward pass before it recomputes quick values; by default 256 MiB.
   */
  readonly keptBytes?: number;
  /** How to lower convolutions that have two forms; by default each in the faster one. */
  readonly convolutions?: ConvolutionForms;
  /** float16: convolutions and ops that pass their results on, for inference on WebGPU. By default float32. */
  readonly precision?: Precision;
}

type Ask = WorkerChannel['ask'];

/** Sends the initial values of the states, one by one. */
async function sendStates(ask: Ask, executable: number, states: TensorMap): Promise<void> {
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
}

/** The executable with this number in the worker. */
function executableOf(
  ask: Ask,
  executable: number,
  table: ReturnType<typeof programTable>,
  stateNames: readonly string[],
  modelOf: (program: string) => Model | undefined,
): Executable {
  return {
    async run(name, feeds) {
      checkTensors(`run ${name}`, table.find('run', name).feeds, feeds);
      return (await ask({ kind: 'run', executable, program: name, feeds })) as Record<string, Tensor>;
    },
    async readStates(names = stateNames) {
      table.requireOpen('readStates');
      const unknown = names.find((name) => !stateNames.includes(name));
      if (unknown !== undefined) throw expected('readStates', `one of the states ${stateNames.join(', ')}`, unknown);
      return (await ask({ kind: 'read', executable, names })) as Record<string, Tensor>;
    },
    async residence() {
      table.requireOpen('residence');
      return (await ask({ kind: 'residence', executable })) as Residence[];
    },
    async placement(name) {
      table.find('placement', name);
      const model = modelOf(name);
      if (!model) return [];
      return (await ask({ kind: 'placement', executable, program: name, model }, [model.buffer])) as Placement[];
    },
    async release() {
      if (!table.release()) return;
      await ask({ kind: 'release', executable });
    },
  };
}

/**
 * A runtime whose programs are executed by a worker, which ends when the runtime is closed.
 *
 * @param start starts a worker that runs `serve`
 * @throws RddmError at once for float16 on the CPU, which has no arithmetic for it; from `load` if the device is
 *   missing (no GPU driver), with onnxruntime's own words, or if programs for float16 have states; from `load` or `run`
 *   if the device cannot compute in 16 bits
 */
export function createClient(
  start: () => OrtWorker,
  { device = 'cpu', threads = 0, keptBytes, convolutions, precision = 'float32' }: ClientOptions,
): Runtime {
  if (precision === 'float16' && device !== 'webgpu')
    throw expected('onnxruntime', 'device webgpu for precision float16', device, 'use precision float32');
  const { ask, close } = createWorkerChannel(start(), device === 'webgpu' ? deviceError : runtimeError);
  let executableCount = 0;
  return {
    device,
    async load(programs, states: TensorMap = {}) {
      checkTensors('load', sharedStates(programs), states);
      if (precision === 'float16' && Object.keys(states).length > 0)
        throw expected('load', 'programs without states for precision float16', 'some with', 'train in float32');
      const executable = executableCount++;
      const shapes = shapesOf(states);
      const { graphs, ends, kernels } = preparePrograms(programs, shapes, device, keptBytes);
      const modelOf = (name: string): Model | undefined => {
        const graph = graphs[name];
        return graph && emit(graph, device, { convolutions, precision });
      };
      const models = Object.fromEntries(Object.keys(programs).map((name) => [name, modelOf(name)]));
      const request: Request = {
        kind: 'load',
        executable,
        programs: ends,
        models,
        kernels: kernels.map(compileKernel),
        states: shapes,
        settings: { device, threads },
      };
      await ask(
        request,
        Object.values(models).flatMap((model) => (model ? [model.buffer] : [])),
      );
      await sendStates(ask, executable, states);
      // Only the names: the caller's initial values may be freed once they are in the worker.
      return executableOf(ask, executable, programTable(programs), Object.keys(states), modelOf);
    },
    close,
  };
}
