/**
 * The command as a process, on tiny models with initial weights: untrained, but good enough to see which files appear.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { saveModel } from '../adapters/node/files/files.ts';
import { readImage, writeImage } from '../adapters/node/pictures/images.ts';
import type { Image } from '../data/image.ts';
import { RddmError } from '../math/errors.ts';
import { createRandom } from '../math/random.ts';
import { type ModelConfigInput, modelConfig } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import { initialWeights } from '../nn/parameters.ts';
import { registerRestore } from './restore.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-restore-'));
after(() => rmSync(root, { recursive: true, force: true }));
const folder = (): string => mkdtempSync(join(root, 'r-'));

async function model(name: string, fields: ModelConfigInput = {}): Promise<string> {
  const config = modelConfig({ unet: { dim: 8, multipliers: [1, 2], groups: 4 }, sampling: { steps: 2 }, ...fields });
  await saveModel(join(root, name), config, initialWeights(modelParameters(config), 1));
  return join(root, name);
}
const plain = await model('plain');
const masked = await model('masked', { task: 'shadow-removal', condition: 'input-and-mask' });

function noise(width: number, height: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(0, ['restore test']);
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
  return { width, height, channels, data };
}

/** A folder of pictures with these sizes and names. */
async function pictures(sizes: Readonly<Record<string, [number, number]>>): Promise<string> {
  const here = folder();
  for (const [name, [width, height]] of Object.entries(sizes)) await writeImage(join(here, name), noise(width, height));
  return here;
}

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Runs `rddm restore` like a user, by default with the plain model. */
function rddm(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const chosen = words.includes('--model') ? [] : ['--model', plain];
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, 'restore', ...words, ...chosen], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** The same without a process; returns its error. */
async function refusal(...words: string[]): Promise<Error> {
  const program = new Command('rddm').exitOverride().configureOutput({ writeErr: () => {} });
  registerRestore(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  const chosen = words.includes('--model') ? [] : ['--model', plain];
  const failure = await program.parseAsync(['node', 'rddm', 'restore', ...words, ...chosen]).catch((error) => error);
  assert.ok(failure instanceof Error, `${words.join(' ')} was not refused`);
  return failure;
}

test('one photograph: result, side by side and every step beside it, of its own size', async () => {
  const here = await pictures({ 'photo.jpg': [21, 13] });
  const { code, stdout, stderr } = await rddm(
    join(here, 'photo.jpg'),
    '--side-by-side',
    '--all-steps',
    join(here, 'way'),
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^\S*photo-restored\.png, \S*photo-side-by-side\.png and 3 intermediate pictures: 21x13, [\d.]+ s\n$/,
  );
  assert.match(stderr, /^restoring: 2\/2 in [\d.]+ s, .*\n$/);
  assert.deepEqual(readdirSync(here).sort(), ['photo-restored.png', 'photo-side-by-side.png', 'photo.jpg', 'way']);
  assert.deepEqual(
    readdirSync(join(here, 'way')).sort(),
    [0, 1, 2].map((step) => `photo-step-${step}.png`),
  );
  const restored = await readImage(join(here, 'photo-restored.png'));
  assert.deepEqual([restored.width, restored.height], [21, 13]);
  assert.deepEqual(await readImage(join(here, 'way', 'photo-step-2.png')), restored);
  const both = await readImage(join(here, 'photo-side-by-side.png'));
  assert.deepEqual([both.width, both.height], [2 * 21 + 8, 13]);

  // Nothing is overwritten without --force, and errors come before any work.
  const before = readFileSync(join(here, 'photo-restored.png'));
  const again = await rddm(join(here, 'photo.jpg'), '--seed', '5');
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.match(
    again.stderr,
    /^rddm: restore: expected no file at \S*photo-restored\.png, got one; add --force [^\n]*\n$/,
  );
  assert.deepEqual(readFileSync(join(here, 'photo-restored.png')), before);
  assert.equal((await rddm(join(here, 'photo.jpg'), '--seed', '5', '--force')).code, 0);
  assert.notDeepEqual(readFileSync(join(here, 'photo-restored.png')), before);
});

test('a folder: a broken picture is skipped and named, the others are restored, the exit code is 1', async () => {
  const here = await pictures({ 'a.png': [9, 8], 'c.jpg': [8, 11] });
  const whole = readFileSync(join(here, 'a.png'));
  writeFileSync(join(here, 'b.png'), whole.subarray(0, whole.length - 30));
  writeFileSync(join(here, 'd.png'), 'hello, this is no picture');
  const out = join(here, 'out');
  const { code, stdout, stderr } = await rddm(here, '-o', out, '--format', 'webp', '--side-by-side', '--json');
  assert.equal(code, 1);
  assert.deepEqual(readdirSync(out).sort(), ['a.webp', 'c.webp', 'side-by-side']);
  assert.deepEqual(readdirSync(join(out, 'side-by-side')).sort(), ['a.webp', 'c.webp']);
  assert.match(stderr, /skipped .*b\.png: .*a complete PNG image/);
  assert.match(stderr, /skipped .*d\.png: .*a file of another kind/);
  assert.match(
    stderr,
    /rddm: restore: expected 4 pictures to restore, got 2 that failed \(b\.png, d\.png\); the other 2 were restored\n$/,
  );
  const report = JSON.parse(stdout);
  assert.deepEqual([report.format, report.steps, report.eta, report.seed], ['rddm-restoration', 2, 0, 0]);
  assert.deepEqual(
    report.pictures.map(({ width, height }: Image) => [width, height]),
    [
      [9, 8],
      [8, 11],
    ],
  );
  assert.deepEqual(
    report.failed.map(({ input }: { input: string }) => input),
    [join(here, 'b.png'), join(here, 'd.png')],
  );
});

test('--tile restores in tiles, as it is whole, with a network that looks at near pixels alone', async () => {
  const unet = { kind: 'local' as const, width: 4, encoder: [0], middle: 1, decoder: [0], blocks: 'gated' as const };
  const near = await model('near', { unet });
  const here = await pictures({ 'photo.png': [90, 50] });
  const [photo, whole] = [join(here, 'photo.png'), join(here, 'whole.png')];
  const { code, stdout, stderr } = await rddm(photo, '--tile', '40', '--model', near, '--json');
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).tile, 40);
  assert.equal((await rddm(photo, '--tile', 'off', '--out', whole, '--model', near)).code, 0);
  const [tiled, wanted] = [await readImage(join(here, 'photo-restored.png')), await readImage(whole)];
  assert.deepEqual([tiled.width, tiled.height], [90, 50]);
  assert.ok(tiled.data.every((value, i) => Math.abs(value - wanted.data[i]) <= 1));

  // Before any picture is looked for.
  assert.match(
    (await rddm(join(here, 'none.png'), '--tile', '512')).stderr,
    /^rddm: tiles: expected a network that looks at near pixels alone, got the paper's U-Net, .*; turn tiles off \(--tile\)\n$/,
  );
  assert.match(
    (await refusal(photo, '--tile', '20', '--model', near)).message,
    /^tiles: expected a side of tiles from 24, since each has a halo of 10 pixels that this network looks at, got 20$/,
  );
  assert.ok((await refusal(photo, '--tile', 'on')) instanceof CommanderError);
});

test('--ensemble restores eight times, shows it, and writes another picture', async () => {
  const here = await pictures({ 'photo.png': [13, 10] });
  const [photo, out] = [join(here, 'photo.png'), join(here, 'mean.png')];
  const { code, stdout, stderr } = await rddm(photo, '--ensemble', '--out', out, '--json');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^restoring: 16\/16 in /);
  const { steps, ensemble } = JSON.parse(stdout);
  assert.deepEqual([steps, ensemble], [2, 'symmetries']);
  assert.equal((await rddm(photo)).code, 0);
  const [mean, plainly] = [await readImage(out), await readImage(join(here, 'photo-restored.png'))];
  assert.deepEqual([mean.width, mean.height], [13, 10]);
  assert.notDeepEqual(mean.data, plainly.data);
  const both = await refusal(photo, '--ensemble', '--all-steps', join(here, 'way'), '--force');
  assert.match(both.message, /expected one restoration, to write its steps, got an ensemble/);
  assert.ok(!existsSync(join(here, 'way')));
});

test('a folder without --out goes to a folder beside it; grey stays grey', async () => {
  const here = folder();
  mkdirSync(join(here, 'photos'));
  await writeImage(join(here, 'photos', 'grey.png'), noise(10, 10, 1));
  assert.equal((await rddm(`${join(here, 'photos')}/`)).code, 0);
  const { data } = await readImage(join(here, 'photos-restored', 'grey.png'));
  assert.ok(data.every((value, i) => value === data[i - (i % 3)]));
});

test('an --out with a trailing separator is a folder, existing or not, whatever its name', async () => {
  const here = await pictures({ 'a.png': [8, 8] });
  const { code, stderr } = await rddm(join(here, 'a.png'), '--model', plain, '--out', `${join(here, 'results.v2')}/`);
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(join(here, 'results.v2')), ['a.png']);
});

test('a mask by name, for models that use one', async () => {
  const here = await pictures({ 'a.png': [8, 8], 'b.png': [8, 8] });
  const masks = await pictures({ 'a.jpg': [8, 8] });
  const given = ['--model', masked, '--out', join(here, 'out')];
  const single = await rddm(join(here, 'a.png'), '--mask', join(masks, 'a.jpg'), ...given);
  assert.equal(single.code, 0, single.stderr);
  const cases: [RegExp, string[]][] = [
    [/masked: expected a mask, which this model needs, got none$/, [here, ...given]],
    [/expected a mask named b, like \S*b\.png, got none/, [here, '--mask', masks, ...given]],
    [/expected a folder as --mask for several pictures/, [here, '--mask', join(masks, 'a.jpg'), ...given]],
    [/plain: expected no mask, which this model does not use, got one$/, [here, '--mask', masks]],
  ];
  for (const [message, words] of cases) {
    const error = await refusal(...words);
    assert.ok(error instanceof RddmError);
    assert.match(error.message, message);
  }
});

test('bad input is one sentence, and nothing is written', async () => {
  const here = await pictures({ 'a.png': [8, 8], 'a.jpg': [8, 8], 'b.png': [8, 8] });
  writeFileSync(join(here, 'text.png'), 'hello, this is no picture');
  mkdirSync(join(here, 'empty'));
  const other = await model('other');
  await saveModel(join(root, 'bigger'), modelConfig({ unet: { dim: 8, multipliers: [2], groups: 4 } }), {});
  writeFileSync(join(other, 'config.json'), readFileSync(join(root, 'bigger', 'config.json')));
  const generator = await model('generator', { task: 'generation', condition: 'none', objective: 'noise' });
  const [a, b] = [join(here, 'a.png'), join(here, 'b.png')];
  const before = readdirSync(here).sort();
  const cases: [RegExp, string[]][] = [
    [/a photograph or a folder of photographs, got nothing at \S*none\.png; check the path/, [join(here, 'none.png')]],
    [/text\.png: expected a PNG, JPEG, .*got a file of another kind/, [join(here, 'text.png')]],
    [/empty: expected images \(.*got none/, [join(here, 'empty')]],
    [/a model directory or the name of a shipped model \(.*got nothing at \S*fog/, [a, '--model', join(root, 'fog')]],
    [/other.weights\.safetensors: expected the \d+ weights of the network, got/, [a, '--model', other]],
    [
      /generator: expected a model that restores, got one of task generation; sample from it instead$/,
      [a, '--model', generator],
    ],
    [/1 to 1000 steps, at most one per timestep, got 1001/, [a, '--steps', '1001']],
    [/one picture of each name, whatever the extension, got a\.jpg and a\.png/, [here, '--out', join(root, 'never')]],
    [/a folder as --out for several pictures, got a file at/, [a, b, '--out', b]],
    [/an --out other than the photographs themselves/, [a, '--out', a, '--force']],
    [/image name ending in/, [a, '--out', join(here, 'x.txt')]],
    [
      /expected device webgpu for precision float16, got cpu/,
      [a, '--out', join(here, 'x.png'), '--precision', 'float16'],
    ],
    [/an --out ending in \.jpg with --format jpg/, [a, '--out', join(here, 'x.png'), '--format', 'jpg']],
  ];
  for (const [message, words] of cases) {
    const error = await refusal(...words);
    assert.ok(error instanceof RddmError, error.stack);
    assert.match(error.message, message);
    assert.ok(!error.message.includes('\n'));
  }
  assert.deepEqual(readdirSync(here).sort(), before);
  assert.ok(!existsSync(join(root, 'never')));
});

test('options of the wrong form are wrong usage', async () => {
  for (const words of ['--steps 0', '--eta 2', '--seed 1.5', '--device tpu', '--precision int8', '--format bmp']) {
    assert.ok((await refusal('none.png', ...words.split(' '))) instanceof CommanderError, words);
  }
  assert.ok((await refusal()) instanceof CommanderError);
});

test('Ctrl-C stops between two steps and leaves no partial file', async () => {
  const here = await pictures({ 'photo.png': [64, 64] });
  const way = join(here, 'way');
  const words = [join(here, 'photo.png'), '--model', plain, '--steps', '900', '--all-steps', way];
  const child = spawn(process.execPath, ['--import', 'tsx', main, 'restore', ...words]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  while (!existsSync(join(way, 'photo-step-002.png'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 130, stderr);
  assert.match(stderr, /stopping at the next safe point[\s\S]*rddm: stopped\n$/);
  assert.deepEqual(readdirSync(here).sort(), ['photo.png', 'way']);
  for (const file of readdirSync(way)) {
    assert.match(file, /^photo-step-\d{3}\.png$/);
    await readImage(join(way, file));
  }
});
