/** Data sets as published: recognised by their folders, turned into the source that a task needs, and missed in a sentence. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, test } from 'node:test';
import { dataSets, writePictures } from '../../test/support/data-sets.ts';
import { splitPictures } from '../adapters/node/pictures/split-pictures.ts';
import { openDataset } from '../adapters/node/runs/dataset.ts';
import { newConfiguration } from './train-configuration.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-data-'));
after(() => rmSync(root, { recursive: true, force: true }));
for (const [name, files] of Object.entries(dataSets)) await writePictures(join(root, name), files);

/** What a preset trains on, paths from the data set's folder; and what was said. */
async function opened(preset: string, name: keyof typeof dataSets, flags = {}) {
  const folder = join(root, name);
  const { config, notes } = await newConfiguration(preset, { data: folder, ...flags });
  const { items, source } = await openDataset(config.data);
  const short = (path: string): string => relative(folder, path).replaceAll('\\', '/');
  const members = items.map(({ clean, input, mask }) =>
    [clean, input, mask].flatMap((path) => (path === undefined ? [] : [short(path)])).join(' '),
  );
  return { members, source, notes, short };
}

describe('--data', () => {
  test('ISTD: shadow, mask and shadow-free', async () => {
    const { members, notes } = await opened('shadow-removal', 'ISTD');
    assert.deepEqual(members, [
      'train/train_C/1-1.png train/train_A/1-1.png train/train_B/1-1.png',
      'train/train_C/1-2.png train/train_A/1-2.png train/train_B/1-2.png',
    ]);
    assert.deepEqual(notes, [`${join(root, 'ISTD')} is ISTD: training on train/train_A, train/train_C, train/train_B`]);
  });

  test('ISTD for a task that sees no mask has none', async () => {
    const { members } = await opened('deraining', 'ISTD');
    assert.equal(members[0], 'train/train_C/1-1.png train/train_A/1-1.png');
  });

  test('LOL', async () => {
    const { members } = await opened('low-light', 'LOL');
    assert.deepEqual(members, ['our485/high/2.png our485/low/2.png', 'our485/high/5.png our485/low/5.png']);
  });

  test('GoPro: each scene has its own folders', async () => {
    const { members } = await opened('deblurring', 'GoPro');
    assert.deepEqual(members, [
      'train/GOPR1/sharp/000001.png train/GOPR1/blur/000001.png',
      'train/GOPR2/sharp/000001.png train/GOPR2/blur/000001.png',
    ]);
  });

  test('RainDrop: names end with their role', async () => {
    const { members } = await opened('deraining', 'RainDrop');
    assert.deepEqual(members, [
      'train/gt/0_clean.png train/data/0_rain.png',
      'train/gt/1_clean.png train/data/1_rain.png',
    ]);
  });

  test('CelebA and CelebA-HQ: pictures, for generation and for holes', async () => {
    const { members } = await opened('generation', 'CelebA');
    assert.deepEqual(members, ['Img/img_align_celeba/000001.jpg', 'Img/img_align_celeba/000002.jpg']);
    const holes = await opened('inpainting', 'CelebA-HQ');
    assert.deepEqual(holes.members, ['train/female/2.jpg', 'train/male/1.jpg']);
    assert.equal(holes.source.kind, 'degraded');
  });

  test('masks of a folder are drawn for holes in place of those that are made', async () => {
    const masks = join(root, 'masks');
    await writePictures(masks, ['a.png', 'b.png']);
    const { source } = await opened('inpainting', 'CelebA-HQ', { mask: masks });
    assert.ok(source.kind === 'masked');
    assert.deepEqual(source.masks, [join(masks, 'a.png'), join(masks, 'b.png')]);
  });

  test('AFHQ and CelebA-HQ: two domains', async () => {
    for (const [name, target, input] of [
      ['AFHQ', 'train/cat/7.png', 'train/dog/7.png'],
      ['CelebA-HQ', 'train/female/2.jpg', 'train/male/1.jpg'],
    ] as const) {
      const { members, source, short } = await opened('translation', name);
      assert.deepEqual(members, [target]);
      assert.ok(source.kind === 'unpaired');
      assert.deepEqual(source.pictures.map(short), [input]);
    }
  });

  test('any two folders are domains', async () => {
    const [input, target] = [join(root, 'CelebA-HQ/train/male'), join(root, 'AFHQ/train/cat')];
    const { data } = (await newConfiguration('translation', { input, target })).config;
    assert.deepEqual([data.kind, 'input' in data && data.input], ['unpaired', input]);
  });

  test('what is missing is said in one sentence', async () => {
    const part = join(root, 'part');
    mkdirSync(join(part, 'our485/low'), { recursive: true });
    const cases: [preset: string, data: string, message: RegExp][] = [
      [
        'low-light',
        part,
        /train: expected LOL with our485\/low and our485\/high, got our485\/low without our485\/high in /,
      ],
      [
        'low-light',
        join(root, 'none'),
        /the folders of a known data set \(ISTD, LOL, GoPro and RainDrop\), got no folder at/,
      ],
      ['shadow-removal', join(root, 'LOL'), /data with masks for condition "input-and-mask"/],
      ['shadow-removal', join(root, 'CelebA-HQ'), /a known data set \(.*\), got \S*CelebA-HQ, which is CelebA-HQ/],
      ['translation', join(root, 'LOL'), /a known data set \(AFHQ and CelebA-HQ\), got \S*LOL, which is LOL/],
      ['low-light', join(root, 'masks'), /got \S*masks, which has none of them; name its folders of inputs/],
    ];
    for (const [preset, data, message] of cases) await assert.rejects(newConfiguration(preset, { data }), message);
    const both = newConfiguration('low-light', { data: part, input: 'a', target: 'b' });
    await assert.rejects(both, /expected a data set alone, or folders, got a data set and input/);
  });

  test('a misspelt setting is not lost on the way', async () => {
    const written = { folders: 'x' };
    const path = join(root, 'misspelt.json');
    writeFileSync(path, JSON.stringify({ data: { ...written, crop: 8 } }));
    const refused = newConfiguration(path, { data: join(root, 'LOL') });
    await assert.rejects(refused, /got "folders"/);
  });
});

test('the test split of a data set stands in place of a folder, under the names that pair', async () => {
  const names = async (set: string, role: 'input' | 'target' | 'mask') => {
    const found = await splitPictures(join(root, set), role);
    return Object.fromEntries(
      [...found].map(([name, path]) => [name, relative(join(root, set), path).replaceAll('\\', '/')]),
    );
  };
  assert.deepEqual(await names('RainDrop', 'input'), { 0: 'test_a/data/0_rain.png', 1: 'test_a/data/1_rain.png' });
  assert.deepEqual(await names('RainDrop', 'target'), { 0: 'test_a/gt/0_clean.png', 1: 'test_a/gt/1_clean.png' });
  assert.deepEqual(await names('GoPro', 'input'), {
    'GOPR1-000001': 'test/GOPR1/blur/000001.png',
    'GOPR2-000001': 'test/GOPR2/blur/000001.png',
  });
  assert.deepEqual(Object.values(await names('ISTD', 'mask')), ['test/test_B/1-1.png', 'test/test_B/1-2.png']);
  assert.deepEqual(await names('AFHQ', 'input'), { 7: 'val/dog/7.png' });
  assert.deepEqual(await names('LOL/eval15/low', 'input'), { 2: '2.png', 5: '5.png' });
  await assert.rejects(splitPictures(join(root, 'LOL'), 'mask'), /expected images/);
});
