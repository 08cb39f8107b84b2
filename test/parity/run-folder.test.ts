/** The runner on golden files with settings that the real ones lack: each must be read from the file, none assumed. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createOrtRuntime } from '../../src/adapters/node/ort/runtime.ts';
import { writeImage } from '../../src/adapters/node/pictures/images.ts';
import { type Row, runFolder, summary } from './run-folder.ts';
import { writeCases } from './synthetic-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-parity-'));
const folder = join(root, 'golden');
const runtime = createOrtRuntime({ device: 'cpu' });
let rows: readonly Row[];
/** The outcome of a case, without its numbers. */
const verdicts = (file: string) =>
  rows.filter((row) => row.case.startsWith(file)).map(({ quantity, verdict }) => `${quantity}: ${verdict}`);

async function writeMetrics(): Promise<void> {
  const data = join(root, 'data');
  mkdirSync(data);
  const plain = (value: number) => ({
    width: 12,
    height: 11,
    channels: 3 as const,
    data: new Uint8Array(396).fill(value),
  });
  for (const value of [0, 100, 110]) await writeImage(join(data, `${value}.png`), plain(value));
  const psnr = 20 * Math.log10(255 / 10);
  writeFileSync(
    join(folder, 'metrics.json'),
    `{"rows": [{"image": "100.png", "reference": "100.png", "psnr_rgb": Infinity, "ssim_y": 1.0},
      {"image": "110.png", "reference": "100.png", "mask": "0.png", "psnr_rgb": ${psnr}, "psnr_rgb_outside_mask": ${psnr},
       "mae_lab_in_mask": NaN, "psnr_rgb_in_mask": Infinity, "lpips": 0.5}]}`,
  );
}

before(async () => {
  await writeCases(folder);
  await writeMetrics();
  rows = await runFolder(folder, readdirSync(folder).sort(), runtime);
});
after(async () => {
  await runtime.close();
  rmSync(root, { recursive: true });
});

test('grey pictures, other sizes and a T below the default steps', () => {
  assert.deepEqual(verdicts('sample-grey'), ['trajectory of 3: ok']);
});

test('a mask of one channel', () => {
  assert.deepEqual(verdicts('sample-mask'), ['trajectory of 2: ok']);
});

test('one network that predicts the noise, with its own tables, time input and step noise', () => {
  assert.deepEqual(verdicts('sample-noise.'), ['trajectory of 3: ok']);
});

test('cumulative times and a schedule named in words', () => {
  assert.deepEqual(verdicts('sample-cumulative'), ['trajectory of 2: ok']);
});

test('both terms from one network, and a decoder that predicts their sum', () => {
  assert.deepEqual(verdicts('sample-both'), ['trajectory of 2: ok']);
  assert.deepEqual(verdicts('sample-add'), ['trajectory of 2: ok']);
});

test('training with another objective, schedule, loss and accumulation', () => {
  assert.deepEqual(verdicts('train-noise'), ['2 losses: ok', '2 gradient norms: ok', 'weight update: ok']);
  assert.deepEqual(verdicts('train-shared'), ['1 losses: ok', '1 gradient norms: ok', 'weight update: ok']);
});

test('a network of diffusers with heads, other paddings and times, under both its names', () => {
  const run = ['timesteps', 'trajectory', 'noise_prediction', 'as RDDM'].map((part) => `odd/${part}`);
  const parts = ['output, name', 'output, newName', ...run];
  assert.deepEqual(
    verdicts('diffusers-odd'),
    parts.map((part) => `${part}: ok`),
  );
  const isWrong = (part: string) => part.startsWith('output');
  assert.deepEqual(
    verdicts('diffusers-wrong'),
    parts.map((part) => `${part}: ${isWrong(part) ? 'FAILED' : 'ok'}`),
  );
});

test('differences fail, unreadable settings fail with a sentence, unread ones are listed', () => {
  assert.deepEqual(verdicts('sample-wrong'), ['trajectory of 3: FAILED']);
  assert.match(verdicts('sample-nonsense')[0], /alpha_bar and beta_bar.*got "DDIM sigmoid" without tables: FAILED/);
  assert.deepEqual(verdicts('sample-unread'), ['trajectory of 3: ok', 'setting "attention_heads": 4: not covered']);
});

test('infinite and undefined scores are compared, unknown ones listed', () => {
  assert.deepEqual(verdicts('metrics.json'), [
    'psnr_rgb of 2 pairs: ok',
    'ssim_y of 1 pairs: ok',
    'psnr_rgb_outside_mask of 1 pairs: ok',
    'mae_lab_in_mask of 1 pairs: ok',
    'psnr_rgb_in_mask of a region without pixels of 1 pairs: not covered',
    'lpips of 1 pairs: not covered',
  ]);
});

test('the closing line also counts what could not be compared', () => {
  assert.match(verdicts('train-untestable')[0], /initial\/ equals final\/.*: not testable/);
  assert.equal(summary(rows), '30 comparisons, 4 failed, 3 not covered, 1 not testable');
});
