/** The child that runs a stack of convolutions in TensorFlow.js, in Chromium. */
import type { TensorMap } from '../../src/math/tensor.ts';
import { openPage } from '../browser/chromium.ts';
import { entryFolder } from '../browser/installed.ts';
import { readTensors } from '../network.ts';
import { serve } from '../serve.ts';

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

await serve(async (task, threads) => {
  const [core, backend] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'].map(entryFolder);
  if (task.kind !== 'convolutions' || !core || !backend)
    throw new Error(`expected a task for TensorFlow.js, got ${task.kind}`);
  const weights = Object.entries(await readTensors(task.weights));
  const page = await openPage('tensorflow-page.mjs', {
    folders: { '/core': core, '/wasm': backend },
    contents: Object.fromEntries(weights.map(([name, { data }]) => [`/weights/${name}`, bytesOf(data)])),
  });
  const { x } = await readTensors(task.feeds);
  await page.call('load', threads, x, task.layers);
  return {
    run: () => page.call<number>('run'),
    check: () => page.call<TensorMap>('check'),
    peakRssMb: () => page.peakRssMb(),
  };
});
