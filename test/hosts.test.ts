/**
 * The same operations on two hosts: Node's, with sharp and folders, and one in memory of a few hundred lines. What they
 * make of the same pictures is the same, and what a host has to bring stays small.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { nodeHost } from '../src/adapters/node/host.ts';
import { encodeSafetensors } from '../src/checkpoint/safetensors.ts';
import type { Image } from '../src/data/image.ts';
import { RddmError } from '../src/math/errors.ts';
import { createRandom } from '../src/math/random.ts';
import { filled } from '../src/math/tensor.ts';
import { frechetDistance } from '../src/metrics/frechet.ts';
import { type ModelConfigInput, modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { initialWeights } from '../src/nn/parameters.ts';
import { degradePictures } from '../src/operations/degrade.ts';
import { evaluatePictures } from '../src/operations/evaluate/evaluate.ts';
import { decodeStatistics, encodeStatistics, readPictureSet } from '../src/operations/fid/picture-set.ts';
import { openRandomReader } from '../src/operations/fid/set-reader.ts';
import type { Host } from '../src/operations/host.ts';
import { pictureInStore } from '../src/operations/picture.ts';
import { restorePictures } from '../src/operations/restore.ts';
import { generatePictures } from '../src/operations/sample/generate.ts';
import { decodeSampleTensors, sampleTensors } from '../src/operations/sample/sample-tensors.ts';
import type { Store } from '../src/operations/store.ts';
import { loadStoredModel, saveStoredModel } from '../src/operations/stored-model.ts';
import type { Device } from '../src/runtime/runtime.ts';
import { createNetworkDenoiser, type NetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { createMemoryHost } from './support/memory-host.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-hosts-'));
after(() => rmSync(root, { recursive: true }));

const names = ['a', 'b', 'c'];

function photo(name: string): Image {
  const random = createRandom(0, ['hosts test', name]);
  const data = Uint8Array.from({ length: 12 * 11 * 3 }, (_, i) => 40 + (i % 90) + random.integer(60));
  return { width: 12, height: 11, channels: 3, data };
}

const small = (fields: ModelConfigInput) =>
  modelConfig({ unet: { dim: 4, multipliers: [1], groups: 2 }, sampling: { steps: 2 }, ...fields });
const restoring = small({ task: 'shadow-removal', condition: 'input-and-mask' });
const generating = small({ task: 'generation', condition: 'none', objective: 'noise' });

/** Opens a model that lies in a store, works with it, and closes what it opened. */
async function withModel<T>(
  { host, store, device }: Bench,
  folder: string,
  work: (denoiser: NetworkDenoiser) => Promise<T>,
): Promise<T> {
  const { config, weights } = await loadStoredModel(store, folder);
  const runtime = await host.openRuntime(device);
  try {
    return await work(createNetworkDenoiser(runtime, config, weights));
  } finally {
    await runtime.close();
  }
}

/** A host with a store of its own and a device. */
interface Bench {
  readonly host: Host;
  readonly store: Store;
  readonly device: Device;
}

const pictures = ({ host, store }: Bench, folder: string) =>
  names.map((name) => pictureInStore(host, store, `${folder}/${name}.png`));

/** All pictures of a folder of the store. */
async function imagesIn({ host, store }: Bench, folder: string): Promise<Readonly<Record<string, Image>>> {
  const found: Record<string, Image> = {};
  for (const name of await store.list(folder)) found[name] = await pictureInStore(host, store, name).read();
  return found;
}

/** Everything that a user does with pictures, from a store into the same store. */
async function useAll(bench: Bench) {
  const { host, store, device } = bench;
  for (const [name, config] of Object.entries({ restoring, generating })) {
    await saveStoredModel(store, name, { config, weights: initialWeights(modelParameters(config), 1) });
  }
  for (const [at, picture] of pictures(bench, 'photos').entries()) await picture.write(photo(names[at]));

  const [photos, shadows, masks, restored] = ['photos', 'shadows', 'masks', 'restored'].map((folder) =>
    pictures(bench, folder),
  );
  const toDegrade = photos.map((input, at) => ({ input, output: shadows[at], mask: masks[at] }));
  for await (const _ of degradePictures(toDegrade, { kind: 'shadow' }, { seed: 3 }));

  const broken = pictureInStore(host, store, 'broken.png');
  await store.write('broken.png', Uint8Array.of(1, 2, 3));
  const toRestore = shadows.map((input, at) => ({
    input: at === 1 ? broken : input,
    mask: masks[at],
    output: restored[at],
    sideBySide: pictureInStore(host, store, `side-by-side/${names[at]}.png`),
    steps: [0, 1, 2].map((step) => pictureInStore(host, store, `steps/${names[at]}-${step}.png`)),
  }));
  const restorations: string[] = [];
  await withModel(bench, 'restoring', async (denoiser) => {
    for await (const { kind, index } of restorePictures(denoiser, toRestore, { seed: 5 })) {
      restorations.push(`${kind} ${index}`);
    }
  });

  const toScore = [0, 2].map((at) => ({
    result: restored[at],
    reference: photos[at],
    input: shadows[at],
    mask: masks[at],
  }));
  const scores = [];
  for await (const event of evaluatePictures(toScore, { baseline: ['median', 'gamma'], brightnessOf: photos })) {
    if (event.kind !== 'started') scores.push(event);
  }

  const tensors = decodeSampleTensors(
    encodeSafetensors({ input: filled([1, 3, 4, 4], 0.25), mask: filled([1, 3, 4, 4], 1) }),
    'tensors',
  );
  const generated: Image[] = [];
  const trajectory = await withModel(bench, 'restoring', async (denoiser) => {
    for await (const event of sampleTensors(denoiser, tensors)) if (event.kind === 'finished') return event.trajectory;
    return undefined;
  });
  await withModel(bench, 'generating', async (denoiser) => {
    for await (const event of generatePictures(denoiser, { count: 2, size: { height: 4, width: 6 } })) {
      if (event.kind === 'generated') generated.push(event.image);
    }
  });

  const runtime = await host.openRuntime(device);
  const reader = openRandomReader(runtime, 2);
  const [first, second] = [await readPictureSet(photos, reader), await readPictureSet(shadows, reader)];
  await store.write('photos.npz', encodeStatistics(first.features));
  const saved = decodeStatistics((await store.read('photos.npz')) as Uint8Array, 'random', 'photos.npz');
  await runtime.close();
  const distances = [first, saved].map(({ gaussian }) => frechetDistance(gaussian, second.gaussian));

  const folders = ['photos', 'shadows', 'masks', 'restored', 'side-by-side', 'steps'];
  const images = Object.assign({}, ...(await Promise.all(folders.map((folder) => imagesIn(bench, folder)))));
  return { images: images as Readonly<Record<string, Image>>, restorations, scores, generated, trajectory, distances };
}

const inMemory = createMemoryHost();
const memoryBench: Bench = { host: inMemory, store: await inMemory.openStore('work'), device: 'reference' };
const ours = await useAll(memoryBench);

test('the work is done, and one broken picture did not stop it', () => {
  const { restorations, scores, generated, trajectory, distances } = ours;
  const whole = (at: number) => [`started ${at}`, ...[0, 1, 2].map(() => `step ${at}`), `restored ${at}`];
  assert.deepEqual(restorations, [...whole(0), 'started 1', 'failed 1', ...whole(2)]);
  const [, , last] = scores;
  assert.ok(last.kind === 'finished' && Number.isFinite(last.mean.result?.mask?.psnrRgbInside));
  assert.deepEqual(
    generated.map(({ width, height }) => [width, height]),
    [
      [6, 4],
      [6, 4],
    ],
  );
  assert.deepEqual(trajectory?.shape, [3, 1, 3, 4, 4]);
  assert.ok(distances[0] > 0 && Math.abs(distances[0] - distances[1]) < 1e-6 * distances[0]);
});

test('Node makes the same of the same pictures: same names, same pixels, same scores', async () => {
  const store = await nodeHost.openStore(join(root, 'reference'));
  const theirs = await useAll({ host: nodeHost, store, device: 'reference' });
  assert.deepEqual(await memoryBench.store.list(), await store.list());
  assert.deepEqual(Object.keys(ours.images), Object.keys(theirs.images));
  for (const [name, { width, height, data }] of Object.entries(ours.images)) {
    assert.deepEqual([width, height], [theirs.images[name].width, theirs.images[name].height], name);
    assert.deepEqual([...data], [...theirs.images[name].data], name);
  }
  const { images: _, ...rest } = ours;
  const { images: __, ...others } = theirs;
  assert.deepEqual(rest, others);
});

test('onnxruntime in Node restores the same pictures but for rounding', async () => {
  const store = await nodeHost.openStore(join(root, 'cpu'));
  const theirs = await useAll({ host: nodeHost, store, device: 'cpu' });
  for (const [name, { data }] of Object.entries(ours.images)) {
    const furthest = Math.max(...data.map((value, i) => Math.abs(value - theirs.images[name].data[i])));
    assert.ok(furthest <= 1, `${name} differs by ${furthest}`);
  }
});

test('each host reads what the other has written', async () => {
  const image = photo('a');
  const grey: Image = { width: 5, height: 3, channels: 1, data: Uint8Array.from({ length: 15 }, (_, i) => i * 17) };
  for (const one of [image, grey]) {
    const [png, other] = [await inMemory.encode(one, 'png'), await nodeHost.encode(one, 'png')];
    const decoded = await inMemory.decode(other, 'by Node');
    assert.deepEqual(await nodeHost.decode(png, 'in memory'), decoded);
    assert.equal(decoded.channels, 3);
  }
});

test('what a host cannot do is a sentence', async () => {
  await assert.rejects(inMemory.encode(photo('a'), 'webp'), RddmError);
  for (const host of [inMemory, nodeHost]) {
    await assert.rejects(host.decode(Uint8Array.of(1, 2, 3), 'notes.txt'), /^RddmError: notes\.txt: expected a/);
    const store = await host.openStore(join(root, 'names'));
    await assert.rejects(store.write('../outside', Uint8Array.of(1)), RddmError);
    await store.write('log', Uint8Array.of(1));
    await store.append('log', Uint8Array.of(2));
    assert.deepEqual([...((await store.read('log')) as Uint8Array)], [1, 2]);
  }
});

test('a second host takes at most 400 lines', () => {
  const lines = readFileSync(new URL('./support/memory-host.ts', import.meta.url), 'utf8').split('\n').length;
  assert.ok(lines <= 400, `it has ${lines}`);
});
