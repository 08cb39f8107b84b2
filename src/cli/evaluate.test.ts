import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeImage } from '../adapters/node/pictures/images.ts';
import type { Image } from '../data/image.ts';
import { createRandom } from '../math/random.ts';
import { evaluatePictures } from '../operations/evaluate/evaluate.ts';
import { meanScores, type Scores } from '../operations/evaluate/scores.ts';
import { pairFiles } from './evaluation-files.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shared = process.env.RDDM_SHARED ?? join(root, '../shared');
const folder = mkdtempSync(join(tmpdir(), 'rddm-evaluate-'));
after(() => rmSync(folder, { recursive: true }));

function noise(width: number, height: number, seed: number): Image {
  const random = createRandom(seed, ['evaluate test']);
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)),
  };
}

/** Makes a folder with a noise picture (seeded by its position in the list) for each name. */
async function filled(name: string, files: readonly string[], size: [number, number] = [16, 12], seed = 0) {
  mkdirSync(join(folder, name));
  for (const [index, file] of files.entries()) {
    await writeImage(join(folder, name, file), noise(...size, seed + index));
  }
  return join(folder, name);
}

/** Runs the command like a user. */
function rddm(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = [
    "import { Command } from 'commander';",
    "import { registerEvaluate } from './src/cli/evaluate.ts';",
    "import { run } from './src/cli/run.ts';",
    "const program = new Command('rddm').exitOverride();",
    'registerEvaluate(program);',
    "await run(program, ['node', 'rddm', 'evaluate', ...process.argv.slice(1)]);",
  ].join('\n');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script, '--', ...args],
      { cwd: root },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const golden = join(shared, 'golden/metrics.json');
test("real pairs and masks get the reference implementation's scores", {
  skip: existsSync(golden) ? false : `no ${golden}; set RDDM_SHARED to the folder with golden and data`,
}, async () => {
  const at = (path: string) => join(shared, 'data', path);
  for (const row of JSON.parse(readFileSync(golden, 'utf8')).rows) {
    const jobs = await pairFiles({ results: at(row.image), references: at(row.reference), masks: at(row.mask) });
    let result: Scores | undefined;
    for await (const event of evaluatePictures(jobs)) if (event.kind === 'scored') result = event.scores.scores.result;
    assert.ok(result?.mask);
    const pairs = {
      psnr_rgb: result.psnrRgb,
      psnr_y: result.psnrLuma,
      psnr_y_rounded: result.psnrLumaRounded,
      ssim_rgb: result.ssimRgb,
      ssim_y: result.ssimLuma,
      ssim_y_rounded: result.ssimLumaRounded,
      mae_lab_all: result.labMae,
      mae_lab_in_mask: result.mask.labMaeInside,
      mae_lab_outside_mask: result.mask.labMaeOutside,
      psnr_rgb_in_mask: result.mask.psnrRgbInside,
      mask_fraction: result.mask.fraction,
    };
    for (const [name, value] of Object.entries(pairs)) {
      assert.ok(Math.abs(value - row[name]) < 1e-9, `${row.image} ${name}: ${value}, golden ${row[name]}`);
    }
  }
});

test('the command: a table with means, the untouched input, the median and the gain; and the same as JSON', async () => {
  const results = await filled('results', ['a.png', 'b.png']);
  const references = await filled('references', ['a.png', 'b.tif'], [16, 12], 5);
  const input = await filled('input', ['b.png', 'a.png'], [16, 12], 8);
  copyFileSync(join(references, 'a.png'), join(results, 'a.png'));
  const args = [results, references, '--input', input, '--baseline', 'median'];
  const table = await rddm(...args);
  assert.equal(table.code, 0, table.stderr);
  const lines = table.stdout.split('\n').map((line) => line.split(/\s{2,}/));
  assert.deepEqual(lines[0], ['name', 'picture', 'PSNR', 'SSIM', 'PSNR Y', 'SSIM Y', 'Lab MAE']);
  assert.deepEqual(
    lines.slice(2, 11).map(([name, picture]) => `${name} ${picture}`),
    ['a', 'b', 'mean of 2'].flatMap((name) => ['input', 'median 3x3', 'result'].map((picture) => `${name} ${picture}`)),
  );
  assert.deepEqual(lines[4], ['a', 'result', '∞', '1.0000', '∞', '1.0000', '0.00']);
  assert.ok(!table.stdout.includes('gain'), 'an infinite gain is not printed');
  assert.match(table.stderr, /^evaluating: 2\/2 in /);

  const out = join(folder, 'scores.json');
  const json = await rddm(...args, '--json', '--out', out);
  assert.equal(json.code, 0, json.stderr);
  assert.equal(readFileSync(out, 'utf8'), json.stdout);
  const again = await rddm(results, results, '--out', out);
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.match(again.stderr, /^rddm: evaluate: expected no file at \S*scores\.json, got one; add --force [^\n]*\n$/);
  assert.equal(readFileSync(out, 'utf8'), json.stdout);
  assert.equal((await rddm(results, results, '--out', out, '--force')).code, 0);
  assert.notEqual(readFileSync(out, 'utf8'), json.stdout);
  const report = JSON.parse(json.stdout);
  assert.equal(report.format, 'rddm-evaluation');
  assert.deepEqual(
    report.images.map(({ name, width, height }: ImageSize) => [name, width, height]),
    [
      ['a', 16, 12],
      ['b', 16, 12],
    ],
  );
  assert.equal(report.mean.result.psnrRgb, 'Infinity');
  assert.equal(report.mean.input.labMae, (report.images[0].input.labMae + report.images[1].input.labMae) / 2);
  assert.ok(report.images[1].median.ssimLumaRounded < 1);

  const { stdout } = await rddm(join(results, 'b.png'), join(references, 'b.tif'), '--input', join(input, 'b.png'));
  const gain = report.images[1].result.psnrRgb - report.images[1].input.psnrRgb;
  assert.ok(stdout.endsWith(`\ngain over input: ${gain < 0 ? '' : '+'}${gain.toFixed(2)} dB PSNR (RGB)\n`), stdout);
});
interface ImageSize {
  name: string;
  width: number;
  height: number;
}

test('darkness: equalised, and the gamma curve that reaches the brightness of other pictures', async () => {
  const truth = noise(16, 12, 5);
  const dim = (data: Image['data']): Uint8Array => Uint8Array.from(data, (value) => value / 8);
  const [results, references, input, targets] = ['dim-results', 'dim-references', 'dim-input', 'dim-targets'].map(
    (name) => join(folder, name),
  );
  for (const path of [results, references, input, targets]) mkdirSync(path);
  await writeImage(join(results, 'a.png'), truth);
  await writeImage(join(references, 'a.png'), truth);
  await writeImage(join(input, 'a.png'), { ...truth, data: dim(truth.data) });
  await writeImage(join(targets, 'other.png'), noise(20, 20, 6));
  const args = [results, references, '--input', input, '--baseline', 'gamma', 'equalise'];
  const scored = await rddm(...args, '--brightness-of', targets, '--json');
  assert.equal(scored.code, 0, scored.stderr);
  const { baseline, brightness, mean } = JSON.parse(scored.stdout);
  assert.deepEqual(baseline, ['gamma', 'equalise']);
  assert.ok(brightness > 100 && brightness < 150, 'noise is about half bright');
  assert.ok(mean.equalise.psnrRgb > mean.gamma.psnrRgb && mean.gamma.psnrRgb > mean.input.psnrRgb);
  assert.match(
    (await rddm(...args)).stderr,
    /the baseline "gamma" and pictures of its target brightness.*got only the baseline \(--brightness-of\)/,
  );
});

test('two files: no common name needed; --resize reference brings ground truth and mask to the result', async () => {
  const result = join(folder, 'restored.png');
  const truth = join(folder, 'truth.png');
  const mask = join(folder, 'mask.png');
  await writeImage(result, noise(16, 16, 1));
  await writeImage(truth, noise(32, 20, 2));
  const halves = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 255 : 0));
  await writeImage(mask, { width: 8, height: 8, channels: 1, data: halves });
  const refused = await rddm(result, truth);
  assert.equal(refused.code, 1);
  const sentence =
    'rddm: restored: expected result and reference of one size, got 16x16 and 32x20; crop one, or resize the reference (--resize)\n';
  assert.ok(refused.stderr.endsWith(sentence), refused.stderr);
  const resized = await rddm(result, truth, '--masks', mask, '--resize', 'reference', '--json');
  assert.equal(resized.code, 0, resized.stderr);
  const { width, height, result: scores } = JSON.parse(resized.stdout).images[0];
  assert.deepEqual([width, height, scores.mask.fraction], [16, 16, 0.5]);
});

test('a name without its pair, or twice in a folder, is one sentence that lists some', async () => {
  const results = await filled('many', ['a.png', 'b.png', 'c.png', 'd.png', 'e.png']);
  const references = await filled('few', ['a.png', 'x.png']);
  const unpaired = await rddm(results, references);
  assert.deepEqual([unpaired.code, unpaired.stdout], [1, '']);
  assert.ok(unpaired.stderr.includes('got none for b, c, d and 1 more, and x without a counterpart there; rename'));
  assert.equal(unpaired.stderr.trim().split('\n').length, 1);
  await assert.rejects(pairFiles({ results, references: results, masks: references }), /none for b, c, d and 1 more/);
  writeFileSync(join(references, 'a.jpg'), '');
  await assert.rejects(
    pairFiles({ results: references, references }),
    /few: expected one picture of each name, whatever the extension, got a.jpg and a.png/,
  );
});

test('wrong use is refused before anything is computed', async () => {
  const results = join(folder, 'many');
  const cases: [args: string[], code: number, message: RegExp][] = [
    [
      [results, results, '--baseline', 'median'],
      1,
      /expected an input to make the baselines from, got none \(--input\)/,
    ],
    [
      [results, results, '--out', join(folder, 'absent/x.json')],
      1,
      /expected --out in a folder that exists, got .*absent/,
    ],
    [[results, results, '--baseline', 'mean'], 2, /Allowed choices are median, equalise, gamma/],
    [[results, join(folder, 'nowhere')], 1, /nowhere: expected a folder of images, got nothing of that name/],
    [[join(results, 'a.png'), results], 1, /many: expected an image file, got a folder/],
    [[results], 2, /missing required argument 'references'/],
  ];
  for (const [args, code, message] of cases) {
    const said = await rddm(...args);
    assert.match(said.stderr, message);
    assert.deepEqual([said.code, said.stdout], [code, '']);
  }
});

test('the mean leaves out sides of masks without pixels, and only those', () => {
  const image = (psnrRgb: number, labMaeInside: number) => {
    const mask = {
      labMaeInside,
      labMaeOutside: 1,
      psnrRgbInside: 1,
      psnrRgbOutside: 1,
      ssimRgbInside: 1,
      ssimRgbOutside: 1,
    };
    const rest = { psnrLuma: 1, psnrLumaRounded: 1, ssimRgb: 1, ssimLuma: 1, ssimLumaRounded: 1, labMae: 1 };
    return {
      name: 'x',
      width: 1,
      height: 1,
      scores: { result: { psnrRgb, ...rest, mask: { fraction: 0.5, ...mask } } },
    };
  };
  const { result, input } = meanScores([image(10, 4), image(20, Number.NaN), image(30, 8)]);
  assert.deepEqual([result?.psnrRgb, result?.mask?.labMaeInside, input], [20, 6, undefined]);
});
