/**
 * A host in memory trains: pictures and run are names in a store, batches are made where they are asked for. The run is
 * stopped and resumed, and ends with the same files as one that was not; its model restores.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../src/data/image.ts';
import { createRandom } from '../src/math/random.ts';
import { pictureInMemory, pictureInStore } from '../src/operations/picture.ts';
import { picturesInStore } from '../src/operations/pictures-in-store.ts';
import { restorePictures } from '../src/operations/restore.ts';
import { loadStoredModel } from '../src/operations/stored-model.ts';
import { runInStore } from '../src/operations/train/run-place.ts';
import { trainingRun } from '../src/operations/train/training-run.ts';
import { createNetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { trainConfig } from '../src/train/config.ts';
import { createMemoryHost } from './support/memory-host.ts';

function photo(name: string): Image {
  const random = createRandom(0, ['host in memory trains', name]);
  return { width: 12, height: 11, channels: 3, data: Uint8Array.from({ length: 396 }, () => 40 + random.integer(160)) };
}

const host = createMemoryHost();
const store = await host.openStore('pictures');
for (const name of ['a', 'b']) await pictureInStore(host, store, `photos/${name}.png`).write(photo(name));
const config = trainConfig({
  model: { unet: { dim: 4, multipliers: [1], groups: 2 }, sampling: { steps: 1 } },
  data: { kind: 'degraded', clean: 'photos', crop: 8, degradation: { kind: 'rain' } },
  ...{ steps: 3, batch: 2, accumulation: 1, sampleEvery: 0, checkpointEvery: 1, device: 'reference' },
});

/** Trains until the end, or until the first step of `stopAt` is saved. */
async function trainIn(name: string, mode: 'new' | 'resume', stopAt?: number) {
  const run = await host.openStore(name);
  const runtime = await host.openRuntime('reference');
  const controller = new AbortController();
  const kinds: string[] = [];
  const pictures = picturesInStore(host, store);
  const options = { config, place: runInStore(run, name), pictures, host, runtime, mode, signal: controller.signal };
  for await (const event of trainingRun(options)) {
    kinds.push(event.kind);
    if (event.kind === 'step' && event.step === stopAt) controller.abort();
  }
  await runtime.close();
  return { run, kinds };
}

test('a run in memory that was stopped ends with the files of one that was not, and its model restores', async () => {
  const whole = await trainIn('whole', 'new');
  assert.deepEqual(whole.kinds.filter((kind) => kind === 'step').length, 3);
  const first = await trainIn('stopped', 'new', 1);
  assert.ok(first.kinds.filter((kind) => kind === 'step').length < 3);
  const { run } = await trainIn('stopped', 'resume');
  for (const name of await whole.run.list()) {
    if (name.startsWith('model/'))
      assert.equal((await run.read(name))?.length, (await whole.run.read(name))?.length, name);
  }

  const model = await loadStoredModel(run, 'model');
  const runtime = await host.openRuntime('reference');
  const denoiser = createNetworkDenoiser(runtime, model.config, model.weights);
  const output = pictureInStore(host, run, 'restored.png');
  const jobs = [{ input: pictureInMemory('photo', photo('c')), output }];
  const events: string[] = [];
  for await (const { kind } of restorePictures(denoiser, jobs)) events.push(kind);
  await runtime.close();
  assert.equal(events.at(-1), 'restored');
  const { width, height } = await output.read();
  assert.deepEqual([width, height], [12, 11]);
});
