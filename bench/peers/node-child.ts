/** The child that runs a browser's ONNX bytes in onnxruntime-node, with the settings of src/ort/session-options.ts. */
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { readTensors } from '../network.ts';
import { serve, timed } from '../serve.ts';
import { isBrowserTask } from '../task.ts';

await serve(async (task) => {
  if (!isBrowserTask(task)) throw new Error(`expected a task for a browser, got ${task.kind}`);
  const session = await InferenceSession.create(await readFile(task.model), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
  const given = Object.entries(await readTensors(task.feeds));
  const feeds = Object.fromEntries(
    given.map(([name, { shape, data }]) => [name, new OrtTensor('float32', data, [...shape])]),
  );
  return {
    run: () => timed(() => session.run(feeds)),
    async check() {
      const outputs = Object.entries(await session.run(feeds));
      return Object.fromEntries(
        outputs.map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array<ArrayBuffer> }]),
      );
    },
  };
});
