import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { readImage, writeImage } from '../adapters/node/pictures/images.ts';
import { registerDegrade } from './degrade.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-degrade-'));
after(() => rm(root, { recursive: true }));
const grey = { width: 30, height: 20, channels: 3 as const, data: new Uint8Array(1800).fill(70) };
const photos = join(root, 'photos');
await mkdir(photos);
for (const name of ['a.png', 'b.jpg']) await writeImage(join(photos, name), grey);

async function rddm(...args: string[]): Promise<void> {
  const program = new Command('rddm').exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  registerDegrade(program);
  await program.parseAsync(['node', 'rddm', 'degrade', ...args]);
}
const bytes = (...parts: string[]) => readFile(join(root, ...parts));

test('a folder becomes a folder of PNG pictures with the same names and sizes', async () => {
  await rddm('rain', photos, '--out', join(root, 'one'), '--density', '0.5');
  assert.deepEqual(await readdir(join(root, 'one')), ['a.png', 'b.png']);
  const rainy = await readImage(join(root, 'one', 'a.png'));
  assert.deepEqual([rainy.width, rainy.height], [30, 20]);
  assert.notDeepEqual(rainy.data, grey.data);
});

test('seed, settings and name determine a picture; the rest of the folder does not', async () => {
  const density = ['--density', '0.3..0.6'];
  await rddm('rain', photos, '--out', join(root, 'folder'), '--seed', '3', ...density);
  await rddm('rain', join(photos, 'a.png'), '--out', join(root, 'single.png'), '--seed', '3', ...density);
  await rddm('rain', join(photos, 'a.png'), '--out', join(root, 'other.png'), '--seed', '4', ...density);
  assert.deepEqual(await bytes('single.png'), await bytes('folder', 'a.png'));
  assert.notDeepEqual(await bytes('other.png'), await bytes('single.png'));
  assert.notDeepEqual(
    (await readImage(join(root, 'folder', 'a.png'))).data,
    (await readImage(join(root, 'folder', 'b.png'))).data,
  );
});

test('impossible settings are refused with a sentence, and nothing is written', async () => {
  const out = join(root, 'never');
  await assert.rejects(rddm('rain', photos, '--out', out, '--density', '9'), /degrade rain: .*density/);
  await assert.rejects(rddm('rain', photos, '--out', out, '--angle', '10..-10'), /the least first/);
  await assert.rejects(rddm('rain', photos, '--out', out, '--angle', 'left'), CommanderError);
  await assert.rejects(rddm('rain', photos, '--out', out, '--seed', '1.5'), CommanderError);
  await assert.rejects(rddm('hail', photos, '--out', out), CommanderError);
  await assert.rejects(rddm('rain', join(root, 'nowhere'), '--out', out), /nowhere: expected/);
  await assert.rejects(
    rddm('rain', photos, '--out', photos),
    /expected an --out other than the photographs themselves/,
  );
  await assert.rejects(readdir(out), /ENOENT/);
  assert.deepEqual(await readdir(photos), ['a.png', 'b.jpg']);
});

test('a setting without effect is refused', async () => {
  const words = ['inpaint', photos, '--out', join(root, 'unused')];
  await assert.rejects(
    rddm(...words, '--hole', 'centre', '--area', '0.3'),
    /^RddmError: degrade inpaint: expected hole "irregular" with area, got hole "centre"$/,
  );
  await assert.rejects(rddm(...words, '--side', '0.3'), /expected hole "centre" with side, got hole "irregular"/);
  await assert.rejects(readdir(join(root, 'unused')), /ENOENT/);
  await rddm(...words, '--area', '0.3');
});

test('nothing is overwritten without --force', async () => {
  const out = join(root, 'again');
  await rddm('rain', join(photos, 'b.jpg'), '--out', out);
  const before = await bytes('again', 'b.png');
  await assert.rejects(
    rddm('rain', photos, '--out', out, '--seed', '1'),
    /degrade: expected no file at \S*b\.png, got one; add --force/,
  );
  assert.deepEqual(await readdir(out), ['b.png'], 'the others are not written either');
  assert.deepEqual(await bytes('again', 'b.png'), before);
  await rddm('rain', photos, '--out', out, '--seed', '1', '--force');
  assert.deepEqual(await readdir(out), ['a.png', 'b.png']);
  assert.notDeepEqual(await bytes('again', 'b.png'), before);
});

test('two photographs that would become one file are refused', async () => {
  const folder = join(root, 'twins');
  await mkdir(folder);
  for (const name of ['a.png', 'a.jpg']) await writeImage(join(folder, name), grey);
  await assert.rejects(rddm('rain', folder, '--out', join(root, 'never')), /a\.jpg and a\.png; rename one/);
});

test('a degradation of a region writes its mask, beside the picture or to --mask-out', async () => {
  const single = join(root, 'shadow.png');
  await rddm('shadow', join(photos, 'a.png'), '--out', single);
  const mask = await readImage(join(root, 'shadow-mask.png'));
  assert.deepEqual([mask.width, mask.height], [30, 20]);
  const dark = await readImage(single);
  assert.ok(dark.data.some((value, i) => value < grey.data[i] && mask.data[i] === 255));

  await rddm('shadow', join(photos, 'a.png'), '--out', join(root, 'lossy.jpg'));
  const lossless = await readImage(join(root, 'lossy-mask.png'));
  assert.ok(lossless.data.every((value) => value === 0 || value === 255));

  await rddm('inpaint', photos, '--out', join(root, 'holes'), '--hole', 'centre', '--side', '0.5');
  assert.deepEqual(await readdir(join(root, 'holes')), ['a.png', 'b.png']);
  assert.deepEqual(await readdir(join(root, 'holes-mask')), ['a.png', 'b.png']);
  await rddm('inpaint', photos, '--out', join(root, 'more'), '--mask-out', join(root, 'masks'));
  assert.deepEqual(await readdir(join(root, 'masks')), ['a.png', 'b.png']);
});

test('masks that would replace something are refused before anything is written', async () => {
  const out = join(root, 'unwritten');
  await assert.rejects(rddm('inpaint', photos, '--out', out, '--mask-out', out), /a --mask-out other than --out/);
  await assert.rejects(rddm('inpaint', photos, '--out', out, '--mask-out', photos), /other than the photographs/);
  await assert.rejects(rddm('inpaint', photos, '--out', out, '--hole', 'round'), CommanderError);
  await assert.rejects(rddm('rain', photos, '--out', out, '--mask-out', root), CommanderError);
  await assert.rejects(readdir(out), /ENOENT/);
});
