/**
 * Opens the runtime of a device by its name, as given to `--device`.
 */
import { expected } from '../../../math/errors.ts';
import type { Precision } from '../../../onnx/precision.ts';
import { createReferenceRuntime } from '../../../runtime/reference.ts';
import type { Device, Runtime } from '../../../runtime/runtime.ts';
import { createOrtRuntime } from './runtime.ts';

/**
 * Opens a runtime; close it when done.
 *
 * @param device `cpu` and `webgpu` are onnxruntime-node in a worker thread, `reference` computes float64 in plain loops
 * @param precision `float16` is for inference on `webgpu`
 * @throws RddmError for float16 on another device
 *
 * @example
 * ```ts
 * import { openRuntime } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * const runtime = openRuntime('reference');
 * assert.equal(runtime.device, 'reference');
 * await runtime.close();
 * ```
 */
export function openRuntime(device: Device, precision: Precision = 'float32'): Runtime {
  if (device !== 'reference') return createOrtRuntime({ device, precision });
  if (precision === 'float16')
    throw expected('openRuntime', 'device webgpu for precision float16', device, 'use precision float32');
  return createReferenceRuntime();
}
