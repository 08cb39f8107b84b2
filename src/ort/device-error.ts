/** Error messages for what a machine's graphics device may lack. */
import { expected } from '../math/errors.ts';

/** The same error in our words, if we have any; other failures keep onnxruntime's. */
export function deviceError(error: Error): Error {
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
