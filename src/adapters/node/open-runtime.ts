/**
 * Opens the runtime of a device by its name, as a command's `--device` gives it.
 */
import { createReferenceRuntime } from '../../runtime/reference.ts';
import type { Device, Runtime } from '../../runtime/runtime.ts';
import { createOrtRuntime } from './ort-runtime.ts';

/**
 * Opens a runtime; close it when done.
 *
 * @param device `cpu` and `webgpu` are onnxruntime-node in a worker thread, `reference` is float64 in plain loops
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
export const openRuntime = (device: Device): Runtime =>
  device === 'reference' ? createReferenceRuntime() : createOrtRuntime({ device });
