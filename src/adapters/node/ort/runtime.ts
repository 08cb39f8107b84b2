/** onnxruntime-node as a runtime, on the CPU or on WebGPU, in a worker thread. */
import { Worker } from 'node:worker_threads';
import { constant, conv2d, feed } from '../../../graph/build.ts';
import { createProgram } from '../../../graph/program.ts';
import { RddmError } from '../../../math/errors.ts';
import { elementCount } from '../../../math/shape.ts';
import { emit } from '../../../onnx/emit.ts';
import { type ClientOptions, createClient } from '../../../ort/client.ts';
import type { OrtWorker } from '../../../ort/worker-channel.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { operatorThreads } from '../machine.ts';
import { workerUrl } from '../worker-url.ts';
import { cacheFolder } from './cache-folder.ts';
import type { WorkerData } from './worker.ts';

/** A convolution wide enough for ONNX Runtime's layouts for wide vectors. */
function probeModel(): Uint8Array {
  const shape = [32, 32, 1, 1];
  const weight = { shape, data: Float32Array.from({ length: elementCount(shape) }, (_, i) => i) };
  const y = conv2d(feed('x', [1, 32, 8, 8]), constant(weight), { stride: 1, padding: 0 });
  return emit(createProgram('probe', { y }), 'cpu');
}

function startWorker(workerData: WorkerData): OrtWorker {
  const worker = new Worker(workerUrl('ort/worker'), { workerData });
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (onMessage) => worker.on('message', onMessage),
    onFailure(fail) {
      worker.on('error', fail);
      worker.on('exit', (code) => fail(new RddmError(`onnxruntime: the worker ended with code ${code}`)));
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    async terminate() {
      await worker.terminate();
    },
  };
}

/** Settings of an onnxruntime-node runtime. */
export interface OrtRuntimeOptions extends ClientOptions {
  /**
   * The folder for graphs that ONNX Runtime has optimised for this processor, or `off`. By default `RDDM_CACHE`, else
   * the system's cache folder. Only the CPU has one.
   */
  readonly cache?: string;
}

/**
 * Opens onnxruntime-node in a worker thread.
 *
 * @throws RddmError at once for float16 on the CPU, which has no arithmetic for it; from `load` if the device is
 *   missing (no GPU driver), with onnxruntime's own words, or if programs for float16 have states; from `load` or `run`
 *   if the device cannot compute in 16 bits
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
  cache = cacheFolder() ?? 'off',
  ...options
}: OrtRuntimeOptions = {}): Runtime {
  const kept = device === 'cpu' && cache !== 'off' ? { folder: cache, probe: probeModel() } : undefined;
  return createClient(() => startWorker({ cache: kept }), { device, threads, ...options });
}
