/** The child that runs a network in Chromium, as a web page does: onnxruntime-web on WebAssembly. */
import { readFile } from 'node:fs/promises';
import type { TensorMap } from '../../src/math/tensor.ts';
import { openPage } from '../browser/chromium.ts';
import { entryFolder } from '../browser/installed.ts';
import { readTensors } from '../network.ts';
import { serve } from '../serve.ts';
import { isBrowserTask } from '../task.ts';

await serve(async (task, threads) => {
  const library = entryFolder('onnxruntime-web/wasm');
  if (!isBrowserTask(task) || !library) throw new Error(`nothing for onnxruntime-web: ${task.kind}`);
  const page = await openPage('onnxruntime-page.mjs', {
    folders: { '/onnxruntime': library },
    contents: { '/model': await readFile(task.model) },
  });
  await page.call('load', threads, await readTensors(task.feeds));
  return {
    run: () => page.call<number>('run'),
    check: () => page.call<TensorMap>('check'),
    peakRssMb: () => page.peakRssMb(),
  };
});
