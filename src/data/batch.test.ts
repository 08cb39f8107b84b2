import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, normalTensor } from '../math/random.ts';
import { type BatchPlan, batchMaker, epochOrder } from './batch.ts';
import { degradationSchema } from './degrade/degradation.ts';
import type { DatasetItem } from './example.ts';
import type { Image } from './image.ts';

/** Pictures described by their path: `clean-3` is 20x14 of value 30. */
const read = async (path: string, channels: 1 | 3): Promise<Image> => {
  const [kind, number] = path.split('-');
  const value = kind === 'mask' ? 255 : Number(number) * 10 + (kind === 'input' ? 5 : 0);
  const height = kind === 'tall' ? 15 : 14;
  return { width: 20, height, channels, data: new Uint8Array(20 * height * channels).fill(value) };
};
const items: DatasetItem[] = [0, 1, 2, 3, 4].map((n) => ({ name: `${n}`, clean: `clean-${n}` }));
const paired = items.map((item, n) => ({ ...item, input: `input-${n}`, mask: `mask-${n}` }));
const pairs = { items: paired, source: { kind: 'paired' } } as const;
const plan: BatchPlan = {
  items,
  source: { kind: 'none' },
  augment: { size: 8, scale: [0.5, 1], flips: 'all' },
  preprocess: 'none',
  batch: 3,
  channels: 3,
  timesteps: 1000,
  seed: 5,
};

test('every epoch shows every item once, in a new order', () => {
  const itemAt = epochOrder(1, 7);
  const epochs = [0, 1, 2, 3].map((epoch) => Array.from({ length: 7 }, (_, i) => itemAt(epoch * 7 + i)));
  for (const epoch of epochs) assert.deepEqual([...epoch].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(new Set(epochs.map(String)).size, 4);
  assert.deepEqual(
    [27, 3, 14, 8].map(epochOrder(1, 7)),
    [27, 3, 14, 8].map((position) => epochs[Math.floor(position / 7)][position % 7]),
    'in whatever order batches are asked for',
  );
});

test('a batch of pairs: values, pairing, shapes', async () => {
  const batch = await batchMaker({ ...plan, ...pairs }, read)(4);
  assert.deepEqual(batch.clean.shape, [3, 3, 8, 8]);
  for (let index = 0; index < 3; index++) {
    const of = (tensor: typeof batch.clean) => tensor.data.subarray(index * 192, (index + 1) * 192);
    const clean = Math.round((of(batch.clean)[0] + 1) * 127.5);
    assert.ok(clean % 10 === 0);
    assert.ok(of(batch.input!).every((value) => Math.round((value + 1) * 127.5) === clean + 5));
  }
  assert.ok(
    batch.mask!.data.every((value) => value === 1),
    'masks are 0 … 1, not -1 … 1',
  );
});

test('noise and times come from their own streams, whatever the batch size', async () => {
  const three = await batchMaker(plan, read)(2);
  const one = await batchMaker({ ...plan, batch: 1 }, read)(2);
  assert.deepEqual(one.noise.data, three.noise.data.slice(0, 192));
  assert.equal(one.time[0], three.time[0]);
  assert.deepEqual(normalTensor([192], 5, ['noise', 2, 1]).data, three.noise.data.slice(192, 384));
  assert.equal(three.time[2], createRandom(5, ['time', 2, 2]).integer(1000));
});

test('times fill 0 … T − 1 and nothing else', async () => {
  const make = batchMaker({ ...plan, timesteps: 4, batch: 25 }, read);
  const counts = [0, 0, 0, 0];
  for (let step = 0; step < 20; step++) for (const time of (await make(step)).time) counts[time]++;
  for (const count of counts) assert.ok(Math.abs(count - 125) < 50, `${counts}`);
});

test('times are drawn only among those of the plan, each about equally often, by seed and step', async () => {
  const times = [999, 499];
  const make = batchMaker({ ...plan, times, batch: 25 }, read);
  const drawn = (await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(make))).flatMap(({ time }) => [...time]);
  assert.deepEqual(new Set(drawn), new Set(times));
  assert.ok(Math.abs(drawn.filter((time) => time === 999).length - 100) < 30);
  assert.deepEqual([...(await make(3)).time], drawn.slice(75, 100));
  const { time, ...rest } = await batchMaker({ ...plan, times: [999] }, read)(2);
  assert.deepEqual([...time], [999, 999, 999]);
  const { time: _time, ...all } = await batchMaker(plan, read)(2);
  assert.deepEqual(rest, all, 'pictures and noise are those of a run with all times');
});

test('stages change the sizes of batches, go on in the same epoch, and leave earlier batches as they are', async () => {
  const stages = [
    { from: 2, size: 12, batch: 2 },
    { from: 3, size: 4, batch: 5 },
  ];
  const grown = batchMaker({ ...plan, stages }, read);
  const plain = batchMaker(plan, read);
  for (const step of [0, 1]) assert.deepEqual(await grown(step), await plain(step));
  const all = await Promise.all([0, 1, 2, 3, 4].map(grown));
  assert.deepEqual(
    all.map(({ clean }) => clean.shape),
    [
      [3, 3, 8, 8],
      [3, 3, 8, 8],
      [2, 3, 12, 12],
      [5, 3, 4, 4],
      [5, 3, 4, 4],
    ],
  );
  assert.deepEqual(
    all.map(({ noise, time }) => [noise.shape[2], time.length]),
    all.map(({ clean }) => [clean.shape[2], clean.shape[0]]),
  );
  // Every picture has one value, which says which it is.
  const shown = all.flatMap(({ clean }) => {
    const [count, ...picture] = clean.shape;
    const size = picture.reduce((a, b) => a * b);
    return Array.from({ length: count }, (_, i) => Math.round((clean.data[i * size] + 1) * 12.75));
  });
  const itemAt = epochOrder(plan.seed, items.length);
  assert.deepEqual(
    shown,
    Array.from({ length: 18 }, (_, position) => itemAt(position)),
  );
  assert.deepEqual((await batchMaker({ ...plan, stages: [{ ...stages[0], from: 0 }] }, read)(0)).clean.shape[0], 2);
});

test('a degradation makes the input from the clean square; generation has none', async () => {
  const degradation = degradationSchema.parse({ kind: 'rain', density: 0.5 });
  const rainy = await batchMaker({ ...plan, source: { kind: 'degraded', degradation } }, read)(0);
  const alone = await batchMaker(plan, read)(0);
  assert.deepEqual(rainy.clean, alone.clean);
  assert.notDeepEqual(rainy.input, rainy.clean);
  assert.equal('input' in alone || 'mask' in alone || 'mask' in rainy, false);
});

test('steps differ, and a step is the same from any maker in any order', async () => {
  const degradation = degradationSchema.parse({ kind: 'rain' });
  const forwards = batchMaker({ ...plan, source: { kind: 'degraded', degradation } }, read);
  const backwards = batchMaker({ ...plan, source: { kind: 'degraded', degradation } }, read);
  const batches = [];
  for (const step of [0, 1, 2, 3]) batches.push(await forwards(step));
  for (const step of [3, 2, 1, 0]) assert.deepEqual(await backwards(step), batches[step]);
  assert.notDeepEqual(batches[0].noise, batches[1].noise);
  assert.notDeepEqual(batches[0].input, batches[1].input);
});

test('only the input is equalised, as a whole picture', async () => {
  // Left half 10, right half 20, first pixel 0: over the whole picture 20 becomes 255 and 10 half of it, in any square.
  const halves = async (path: string): Promise<Image> => {
    const data = Uint8Array.from({ length: 280 }, (_, i) => (i === 0 ? 0 : i % 20 < 10 ? 10 : 20));
    return path.startsWith('mask') ? read(path, 1) : { width: 20, height: 14, channels: 1, data };
  };
  const values = (tensor: { data: Float32Array }) =>
    [...new Set(Array.from(tensor.data, (value) => Math.round((value + 1) * 127.5)))].sort((a, b) => a - b);
  const unshrunk: BatchPlan = {
    ...plan,
    items: paired,
    channels: 1,
    batch: 5,
    augment: { ...plan.augment, scale: [1, 1] },
  };
  const batch = await batchMaker({ ...unshrunk, preprocess: 'equalise' }, halves)(0);
  assert.deepEqual(
    values(batch.input!).filter((value) => value > 0),
    [127, 255],
  );
  assert.deepEqual(
    values(batch.clean).filter((value) => value > 0),
    [10, 20],
  );
  assert.ok(batch.mask!.data.every((value) => value === 1));
  const degradation = degradationSchema.parse({ kind: 'rain' });
  const made = await batchMaker(
    { ...plan, source: { kind: 'degraded', degradation }, preprocess: 'equalise' },
    read,
  )(0);
  const plain = await batchMaker({ ...plan, source: { kind: 'degraded', degradation } }, read)(0);
  assert.notDeepEqual(made.input, plain.input);
  assert.deepEqual(made.clean, plain.clean);
});

test('the error names the pair whose sizes differ', async () => {
  const wrong = [{ name: '1', clean: 'clean-1', input: 'tall-1' }];
  await assert.rejects(
    batchMaker({ ...plan, items: wrong, source: { kind: 'paired' } }, read)(0),
    /tall-1: expected 20x14 pixels, the size of clean-1, got 20x15/,
  );
});
