import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import type { DatasetConfigInput } from '../../../data/dataset-config.ts';
import { writeImage } from '../pictures/images.ts';
import { openDataset } from './dataset.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-dataset-'));
after(() => rm(root, { recursive: true }));
let folders = 0;

/** A new folder of flat grey pictures. */
async function folderOf(names: readonly string[], width = 12, height = 10): Promise<string> {
  const folder = join(root, `f${folders++}`);
  await mkdir(folder);
  const image = { width, height, channels: 1 as const, data: new Uint8Array(width * height).fill(99) };
  for (const name of names) await writeImage(join(folder, name), image);
  return folder;
}

async function flist(text: string): Promise<string> {
  const path = join(root, `l${folders++}.flist`);
  await writeFile(path, text);
  return path;
}

const names = async (config: DatasetConfigInput, base?: string): Promise<string[][]> =>
  (await openDataset(config, base)).items.map(({ clean, input, mask }) =>
    [clean, input, mask].flatMap((path) => (path === undefined ? [] : [basename(path)])),
  );

test('folders pair by name, whatever the extension', async () => {
  const input = await folderOf(['b.png', 'a.jpg']);
  const target = await folderOf(['a.png', 'b.png']);
  const mask = await folderOf(['b.png', 'a.webp']);
  assert.deepEqual(await names({ kind: 'folders', input, target }), [
    ['a.png', 'a.jpg'],
    ['b.png', 'b.png'],
  ]);
  assert.deepEqual(await names({ kind: 'folders', input: basename(input), target, mask }, root), [
    ['a.png', 'a.jpg', 'a.webp'],
    ['b.png', 'b.png', 'b.png'],
  ]);
});

test('a missing partner is named, on either side', async () => {
  const two = await folderOf(['a.png', 'b.png']);
  const one = await folderOf(['a.png']);
  const wanted = /expected a picture named b, the partner of .*b\.png, got none; .*\.flist/;
  await assert.rejects(openDataset({ kind: 'folders', input: one, target: two }), wanted);
  await assert.rejects(openDataset({ kind: 'folders', input: two, target: one }), wanted);
});

test('an excluded picture needs no partner; a name that excludes nothing is refused', async () => {
  const two = await folderOf(['a.png', 'b.png']);
  const one = await folderOf(['a.png']);
  const config = { kind: 'folders', input: one, target: two } as const;
  assert.deepEqual(await names({ ...config, exclude: ['b.png'] }), [['a.png', 'a.png']]);
  await assert.rejects(
    openDataset({ ...config, exclude: ['b.png', 'b'] }),
    /names of existing files to exclude, with extension, got b; correct "exclude"/,
  );
  await assert.rejects(
    openDataset({ kind: 'images', folder: one, exclude: ['a.png'] }),
    /expected pictures to train on/,
  );
  assert.deepEqual(await names({ kind: 'images', folder: two, exclude: ['a.png'] }), [['b.png']]);
});

test('two files with one name in a folder are refused', async () => {
  const two = await folderOf(['a.png', 'a.jpg']);
  const one = await folderOf(['a.png']);
  await assert.rejects(openDataset({ kind: 'folders', input: two, target: one }), /a\.jpg and a\.png; rename one/);
});

test('pairs of different sizes are named with both sizes', async () => {
  const input = await folderOf(['a.png'], 12, 10);
  const target = await folderOf(['a.png'], 12, 11);
  await assert.rejects(
    openDataset({ kind: 'folders', input, target }),
    /a\.png: expected 12x11 pixels, the size of its partner .*a\.png, got 12x10; resize one/,
  );
});

test('flist files pair line by line, relative to their own folder', async () => {
  const clean = await folderOf(['0_clean.png', '1_clean.png']);
  const rain = await folderOf(['0_rain.png', '1_rain.png']);
  const target = await flist(`${basename(clean)}/1_clean.png\r\n\r\n${clean}/0_clean.png\n`);
  const input = await flist(`${basename(rain)}/1_rain.png\n${basename(rain)}/0_rain.png`);
  assert.deepEqual(await names({ kind: 'flist', input, target }), [
    ['1_clean.png', '1_rain.png'],
    ['0_clean.png', '0_rain.png'],
  ]);
  assert.deepEqual(await names({ kind: 'flist', input, target, exclude: ['0_rain.png'] }), [
    ['1_clean.png', '1_rain.png'],
  ]);
  const short = await flist(`${rain}/1_rain.png`);
  await assert.rejects(
    openDataset({ kind: 'flist', input: short, target }),
    /expected 2 paths as in .*, got 1; lines pair/,
  );
  const empty = await flist('\n');
  await assert.rejects(openDataset({ kind: 'flist', input: empty, target }), /at least one path/);
  await assert.rejects(
    openDataset({ kind: 'flist', input: 'none.flist', target }),
    /none\.flist: expected a text file/,
  );
  const wrong = await flist('nowhere.png\nelsewhere.png');
  await assert.rejects(
    openDataset({ kind: 'flist', input: wrong, target }),
    /(nowhere|elsewhere)\.png: expected an image/,
  );
});

test('broken files, empty and missing folders, and wrong settings each give a sentence', async () => {
  const folder = await folderOf(['a.png']);
  await writeFile(join(folder, 'b.png'), 'this is text');
  const rain = { kind: 'rain' } as const;
  await assert.rejects(openDataset({ kind: 'degraded', clean: folder, degradation: rain }), /b\.png: expected a PNG/);
  const cut = await readFile(join(folder, 'a.png'));
  await writeFile(join(folder, 'b.png'), cut.subarray(0, cut.length - 20));
  await assert.rejects(openDataset({ kind: 'images', folder }), /b\.png: expected a complete PNG/);
  await assert.rejects(openDataset({ kind: 'images', folder: await folderOf([]) }), /expected images .* got none/);
  await assert.rejects(openDataset({ kind: 'images', folder: join(root, 'nowhere') }), /nowhere: expected a folder/);
  await assert.rejects(
    openDataset({ kind: 'folders', input: folder, target: folder }),
    /^RddmError: data: "target": expected clean pictures other than the input/,
  );
});
