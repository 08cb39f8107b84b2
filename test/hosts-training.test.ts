/**
 * Training on a host of nothing but stores: a run in memory with pictures in memory is stopped and resumed, its model
 * restores, is looked at, converted and quantized, and an experiment runs from nothing to its result.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadModel } from '../src/adapters/node/files/files.ts';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { writeImage } from '../src/adapters/node/pictures/images.ts';
import { runTraining } from '../src/adapters/node/runs/training-run.ts';
import { modelFileNames } from '../src/checkpoint/model-directory.ts';
import type { Image } from '../src/data/image.ts';
import { type Experiment, experimentSchema, settingSchema } from '../src/experiment/experiment.ts';
import { decodeResult } from '../src/experiment/result.ts';
import { createRandom } from '../src/math/random.ts';
import { convertModel } from '../src/operations/convert/convert-model.ts';
import { experimentsInStore } from '../src/operations/experiment/place.ts';
import { runExperiment } from '../src/operations/experiment/run-experiment.ts';
import { countModel } from '../src/operations/inspect/size.ts';
import { inspectModel } from '../src/operations/inspect/subject.ts';
import { pictureInMemory, pictureInStore } from '../src/operations/picture.ts';
import { picturesInStore } from '../src/operations/pictures-in-store.ts';
import { quantizeModel } from '../src/operations/quantize.ts';
import { restorePictures } from '../src/operations/restore.ts';
import { type Store, storeWithin } from '../src/operations/store.ts';
import { loadStoredModel } from '../src/operations/stored-model.ts';
import { readRunConfig, runInStore } from '../src/operations/train/run-place.ts';
import { trainModel } from '../src/operations/train/train-model.ts';
import type { RunEvent } from '../src/operations/train/training-run.ts';
import { createReferenceRuntime } from '../src/runtime/reference.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import { createNetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { trainConfig } from '../src/train/config.ts';
import { createMemoryHost, memoryStore } from './support/memory-host.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-hosts-training-'));
after(() => rmSync(root, { recursive: true }));

const host = createMemoryHost();
const runtime = createReferenceRuntime();
const names = ['a', 'b', 'c', 'd', 'e'];

function photo(name: string): Image {
  const random = createRandom(0, ['hosts training', name]);
  const slope = random.between(1, 4);
  const data = Uint8Array.from({ length: 20 * 18 * 3 }, (_, i) => (slope * i + random.integer(30)) % 256);
  return { width: 20, height: 18, channels: 3, data };
}

const photos = await host.openStore('pictures');
for (const name of names) await pictureInStore(host, photos, `photos/${name}.png`).write(photo(name));
const pictures = picturesInStore(host, photos);

const unet = { dim: 4, multipliers: [1], groups: 2 };
const configOf = (clean: string) =>
  trainConfig({
    model: { task: 'deraining', unet, sampling: { steps: 1 } },
    data: { kind: 'degraded', clean, crop: 8, degradation: { kind: 'rain' }, exclude: ['e.png'] },
    ...{ steps: 2, batch: 2, accumulation: 1, optimiser: { learningRate: 1e-3 } },
    ...{ logEvery: 1, checkpointEvery: 1, sampleEvery: 1 },
  });

/** Trains in a store; stops after a step where one is named. */
async function run(
  store: Store,
  mode: 'new' | 'resume',
  stopAfter?: number,
  on: Runtime = runtime,
  first = configOf('photos'),
): Promise<string[]> {
  const controller = new AbortController();
  const place = runInStore(store, 'the run');
  const config = mode === 'new' ? first : await readRunConfig(place);
  const told: string[] = [];
  const tell = (event: RunEvent): string => (event.kind === 'saved' ? event.reason : event.kind);
  const { signal } = controller;
  for await (const event of trainModel({ config, place, pictures, host, runtime: on, mode, signal })) {
    told.push(`${tell(event)} ${event.step}`);
    if (event.kind === 'step' && event.step === stopAfter) controller.abort();
  }
  return told;
}

const whole = memoryStore();
await run(whole, 'new');

/** Trains in two halves. */
async function runHalves(): Promise<Store> {
  const halves = memoryStore();
  assert.deepEqual(await run(halves, 'new', 1), ['opened 0', 'step 1', 'samples 1', 'due 1', 'stopped 1']);
  await assert.rejects(
    run(halves, 'new'),
    /^RddmError: train: expected a directory without a run, got the run; resume/,
  );
  assert.deepEqual(await run(halves, 'resume'), ['opened 1', 'step 2', 'samples 2', 'finished 2']);
  return halves;
}

test('a run in memory is stopped and resumed, each time with the same bytes', async () => {
  const [halves, again] = [await runHalves(), await runHalves()];
  const same = (await halves.list()).filter((name) => !/^(log|events)/.test(name));
  assert.deepEqual(same, [
    'checkpoint.safetensors',
    'model/config.json',
    'model/weights.safetensors',
    'samples/step-0000001.png',
    'samples/step-0000002.png',
    'train.json',
  ]);
  for (const name of same) {
    const [one, other] = [await halves.read(name), await again.read(name)];
    assert.ok(one && other && Buffer.from(one).equals(other), name);
  }
  const lines = new TextDecoder()
    .decode(await halves.read('log.jsonl'))
    .trim()
    .split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).step),
    [1, 2],
  );
});

// Not on the reference runtime, whose states are float64 where a checkpoint has float32.
for (const [what, changes, stops] of [
  ['', {}, [1]],
  // Within each stage, and between the two.
  [', with squares that grow', { steps: 4, growth: [{ from: 0.5, crop: 16, batch: 1 }] }, [1, 2, 3]],
] as const) {
  test(`on onnxruntime it ends with the bytes of a run that was not stopped${what}`, async () => {
    const cpu = createOrtRuntime({ threads: 1 });
    const config = trainConfig({ ...configOf('photos'), ...changes });
    const straight = memoryStore();
    await run(straight, 'new', undefined, cpu, config);
    for (const stop of stops) {
      const halves = memoryStore();
      await run(halves, 'new', stop, cpu, config);
      await run(halves, 'resume', undefined, cpu);
      for (const name of ['checkpoint.safetensors', 'model/weights.safetensors', 'model/config.json', 'train.json']) {
        const [one, other] = [await straight.read(name), await halves.read(name)];
        assert.ok(one && other && Buffer.from(one).equals(other), `${name}, stopped after ${stop}`);
      }
    }
    await cpu.close();
  });
}

test('with sampled times, a run trains the times of its sampler and no other, and its model says so', async () => {
  const config = trainConfig({ ...configOf('photos'), times: 'sampled' });
  const seen: number[] = [];
  const watched: typeof pictures = {
    ...pictures,
    load(options) {
      const loader = pictures.load(options);
      const batch = async (step: number) => {
        const made = await loader.batch(step);
        seen.push(...made.time);
        return made;
      };
      return { ...loader, batch };
    },
  };
  const place = runInStore(memoryStore(), 'one time');
  for await (const _event of trainModel({ config, place, pictures: watched, host, runtime, mode: 'new' }));
  // The batch of the sample grids, and two steps, of two pictures each.
  assert.deepEqual(seen, new Array(6).fill(999));
  assert.equal((await loadStoredModel(place.store, 'model')).config.training?.times, 'sampled');
});

test('its model restores', async () => {
  const { config, weights } = await loadStoredModel(whole, 'model');
  const restored: Image[] = [];
  const denoiser = createNetworkDenoiser(runtime, config, weights);
  for await (const event of restorePictures(denoiser, [{ input: pictureInMemory('a', photo('a')) }])) {
    if (event.kind === 'restored') restored.push(event.image);
  }
  assert.deepEqual(
    restored.map(({ width, height }) => [width, height]),
    [[20, 18]],
  );
});

test('Node learns the same weights from the same pictures', async () => {
  const folder = join(root, 'photos');
  mkdirSync(folder);
  for (const name of names) await writeImage(join(folder, `${name}.png`), photo(name));
  const directory = join(root, 'run');
  for await (const _ of runTraining({ config: configOf(folder), directory, runtime, mode: 'new' }));
  const [theirs, ours] = [await loadModel(join(directory, 'model')), await loadStoredModel(whole, 'model')];
  assert.deepEqual(theirs.weights, ours.weights);
  assert.deepEqual(theirs.config, ours.config);
});

test('a run in memory is validated like one on disk', async () => {
  const folder = join(root, 'validated');
  mkdirSync(folder);
  for (const name of names) await writeImage(join(folder, `${name}.png`), photo(name));
  const validation = { share: 0.4, count: 3 };
  const inMemory = trainConfig({ ...configOf('photos'), validation });
  const onDisk = trainConfig({ ...configOf(folder), validation });
  const [memory, disk]: { psnr: number; input: object }[][] = [[], []];
  const place = runInStore(memoryStore(), 'the run');
  for await (const event of trainModel({ config: inMemory, place, pictures, host, runtime, mode: 'new' })) {
    if (event.kind === 'validated') memory.push(event);
  }
  for await (const event of runTraining({ config: onDisk, directory: join(root, 'valid'), runtime, mode: 'new' })) {
    if (event.kind === 'validated') disk.push(event);
  }
  assert.equal(memory.length, 2);
  assert.deepEqual(memory, disk);
  assert.ok((await place.store.list('best')).includes('best/weights.safetensors'));
  // The folder itself, and a copy in it, are trained on.
  const config = trainConfig({ ...configOf('photos'), validation: { clean: 'photos' } });
  const again = { place: runInStore(memoryStore(), 'again'), pictures, host, runtime, mode: 'new' as const };
  await assert.rejects(
    trainModel({ config, ...again }).next(),
    /not trained on, got 4 that are, such as photos\/a\.png/,
  );
});

test('it is looked at, converted and quantized', async () => {
  const model = await loadStoredModel(whole, 'model');
  const [config, weights] = [await whole.read('model/config.json'), await whole.read('model/weights.safetensors')];
  const subject = inspectModel(
    { [modelFileNames.config]: config as Uint8Array, [modelFileNames.weights]: weights as Uint8Array },
    'model',
  );
  assert.deepEqual([subject.kind, subject.weightsFile?.dtypes], ['model', ['float32']]);
  const stored = Object.values(model.weights).reduce((sum, { data }) => sum + data.length, 0);
  assert.equal(countModel(subject.config, { height: 8, width: 8 }).total.parameters, stored);

  const files = { read: (name: string) => whole.read(name), title: (name: string) => name };
  const converted = await convertModel(files, 'model/weights.safetensors', { groups: 2, task: 'deraining' });
  assert.deepEqual(converted.model.weights, model.weights);

  const options = { clean: 'photos', squares: 1, size: 8, seed: 0 };
  const kinds: string[] = [];
  for await (const event of quantizeModel({ ...model, title: 'model' }, { runtime, pictures }, options)) {
    kinds.push(event.kind);
    if (event.kind === 'quantized') assert.ok(event.layers > 0 && event.config.quantization);
  }
  assert.deepEqual(kinds, [...Array<string>(9).fill('square'), 'quantized']);
});

test('an experiment runs in a store, and finds there what it has made', async () => {
  const setting = settingSchema.parse({
    ...{ title: 'rain', data: 'Five pictures.', pictures: 'open', withhold: 1 },
    train: {
      model: { unet },
      data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' }, crop: 16 },
      ...{ steps: 1, accumulation: 1, checkpointEvery: 1, sampleEvery: 0 },
    },
    held: { pictures: 2, batch: 2 },
  });
  const finding = { left: { series: 'one', metric: 'psnr' }, is: 'above', right: 0 };
  const experiment: Experiment = experimentSchema.parse({
    ...{ id: 'table-0', title: 'Title', source: 'Table 0', minutes: 1, about: 'About.' },
    models: { one: { setting: 'rain' } },
    measures: [{ kind: 'sample', series: 'one', model: 'one', sampling: { steps: 1 }, metrics: ['psnr'] }],
    paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 1]] }],
    findings: [{ claim: 'It is scored', paper: 'none', tests: [finding] }],
  });
  const catalogue = { experiments: [experiment], settings: new Map([['rain', setting]]) };
  const store = await host.openStore('experiments');
  const machine = { processor: 'none', threads: 1, memory_gb: 1, system: 'memory', node: 'none', onnxruntime: 'none' };
  const means = { place: experimentsInStore(storeWithin(store, 'all')), pictures, whole: String, host, runtime };
  const { signal } = new AbortController();
  const kinds = async (): Promise<string[]> => {
    const told: string[] = [];
    for await (const { kind } of runExperiment({ ...means, experiment, catalogue, machine, signal })) told.push(kind);
    return told;
  };
  assert.deepEqual(await kinds(), ['training', 'sampling', 'finished']);
  assert.deepEqual(await kinds(), ['finished']);
  const result = decodeResult((await store.read('all/results/table-0.json')) as Uint8Array, 'table-0.json');
  assert.deepEqual(
    result.findings.map(({ outcome }) => outcome),
    ['reproduced'],
  );
});
