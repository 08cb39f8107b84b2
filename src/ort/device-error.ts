/** Error messages for what ONNX Runtime says, in our words where we have any. */
import { expected, RddmError } from '../math/errors.ts';
import { shortened } from '../math/show.ts';

/** The longest text of ONNX Runtime in an error: it names operator, shapes and source, and can list thousands. */
const LONGEST = 600;

/** The error of ONNX Runtime's own text. */
export const runtimeError = (text: string): RddmError => new RddmError(`onnxruntime: ${shortened(text, LONGEST)}`);

/** The same for a graphics device, in our words for what a machine may lack. */
export function deviceError(text: string): RddmError {
  // The first line says what is missing, the others where in ONNX Runtime's sources.
  const [words] = text.split('\n');
  if (/no supported adapter|failed to (get|find|request) .*adapter/i.test(text)) {
    const remedy = 'install its driver, or use the device cpu';
    return expected('onnxruntime', 'a graphics device for WebGPU', `none (${words})`, remedy);
  }
  if (/requires f16 but the device does not support it/.test(text)) {
    const device = 'a graphics device that computes in 16 bits (shader-f16) for precision float16';
    return expected('onnxruntime', device, 'one that does not', 'use precision float32');
  }
  return runtimeError(text);
}
