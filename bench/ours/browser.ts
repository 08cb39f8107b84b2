/** The child that runs a network in Chromium like a web page: onnxruntime-web on WebAssembly. */
import type { TensorMap } from '../../src/math/tensor.ts';
import { openOnnxruntimePage } from '../browser/onnxruntime.ts';
import { serve } from '../serve.ts';
import { isBrowserTask } from '../task.ts';

await serve(async (task, threads) => {
  if (!isBrowserTask(task)) throw new Error(`expected a task for a browser, got: ${task.kind}`);
  const page = await openOnnxruntimePage(task, () => {}, threads);
  return {
    run: () => page.call<number>('run'),
    check: () => page.call<TensorMap>('check'),
    peakRssMb: () => page.peakRssMb(),
  };
});
