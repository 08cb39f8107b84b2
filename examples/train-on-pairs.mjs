/**
 * Trains a model on pairs of pictures: one folder of degraded ones, one of clean ones with the same file names.
 *
 *   node examples/train-on-pairs.mjs INPUT TARGET RUN [STEPS]
 *
 * Stop it with Ctrl-C and start it again: it continues in the folder RUN where it was. RUN/model is a model directory that
 * `rddm restore --model` and `openModel` take.
 */
import { existsSync } from 'node:fs';
import { trainConfig } from 'rddm';
import { openRuntime, runTraining } from 'rddm/node';

const [input, target, directory, steps = '4000'] = process.argv.slice(2);
if (!directory) throw new Error('usage: node examples/train-on-pairs.mjs INPUT TARGET RUN [STEPS]');

// What is left out has a default; docs/formats/training-configuration.md lists every setting.
const config = trainConfig({
  model: { unet: { dim: 16, multipliers: [1, 2, 4, 8] }, schedule: { noiseStrength: 0.01 }, sampling: { steps: 2 } },
  data: { kind: 'folders', input, target, crop: 64, flips: 'horizontal' },
  steps: Number(steps),
  batch: 4,
  accumulation: 1,
  loss: 'l1',
  optimiser: { learningRate: 0.001, decay: 'cosine' },
  sampleEvery: 1000,
});

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const runtime = openRuntime('cpu');
const mode = existsSync(directory) ? 'resume' : 'new';
for await (const event of runTraining({ config, directory, runtime, mode, signal: stop.signal })) {
  if (event.kind === 'step') console.log(`step ${event.step}: loss ${event.loss.toFixed(4)}`);
  if (event.kind === 'saved') console.log(`saved, ${event.reason}`);
}
await runtime.close();
