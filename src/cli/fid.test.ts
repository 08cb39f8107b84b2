import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writeImage } from '../adapters/node/pictures/images.ts';
import { encodeMoments } from '../checkpoint/npz.ts';
import { createRandom } from '../math/random.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-fid-'));
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const at = (name: string) => join(root, name);
const rddm = (...words: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const env = { ...process.env, RDDM_CACHE: at('cache'), HTTPS_PROXY: '' };
    execFile(process.execPath, ['--import', 'tsx', main, 'fid', ...words], { env }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

before(async () => {
  for (const [folder, level] of [
    ['real', 100],
    ['near', 100],
    ['far', 30],
  ] as const) {
    mkdirSync(at(folder));
    const { between } = createRandom(1, [folder]);
    for (let i = 0; i < 6; i++) {
      const data = Uint8Array.from({ length: 8 * 8 * 3 }, () => level + between(0, 60));
      await writeImage(at(`${folder}/${i}.png`), { width: 8, height: 8, channels: 3, data });
    }
  }
});
after(() => rmSync(root, { recursive: true }));

test('random features: the closer set has the smaller distance, and saved statistics equal their folder', async () => {
  const random = ['--features', 'random', '--json'];
  const near = await rddm(at('near'), at('real'), ...random, '--save-statistics', at('real.npz'));
  assert.equal(near.code, 0, near.stderr);
  const report = JSON.parse(near.stdout);
  assert.deepEqual(report.pictures, { generated: 6, real: 6 });
  assert.equal('fid' in report, false);
  const far = JSON.parse((await rddm(at('far'), at('real'), ...random)).stdout);
  assert.ok(far.rfd > 2 * report.rfd);
  const saved = JSON.parse((await rddm(at('near'), at('real.npz'), ...random)).stdout);
  assert.ok(Math.abs(saved.rfd - report.rfd) < 1e-6 * report.rfd);
  const again = await rddm(at('near'), at('real'), ...random, '--save-statistics', at('real.npz'));
  assert.match(again.stderr, /expected no file at .*real.npz, got one; add --force/);
});

test('other weights are refused, so that nothing else is called FID', async () => {
  writeFileSync(at('other.pth'), 'other weights');
  const { code, stdout, stderr } = await rddm(at('near'), at('real'), '--weights', at('other.pth'));
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /other.pth: expected the weights of the Inception network, a file whose SHA-256 begins with 6726825d/,
  );
});

test('statistics of another network are refused, so that their distance is not called FID', async () => {
  const statistics = (name: string, size: number): string => {
    const moments = { mean: new Float64Array(size), covariance: new Float64Array(size * size) };
    writeFileSync(at(name), encodeMoments(moments));
    return at(name);
  };
  const [random, small] = [statistics('random.npz', 323), statistics('small.npz', 2)];
  const published = await rddm(random, random, '--json');
  assert.deepEqual([published.code, published.stdout], [1, '']);
  const other =
    /random.npz: expected statistics of 2048 features, as for "inception", got 323; use .* "random" .*\(--features\)/;
  assert.match(published.stderr, other);
  // Before the network, which would have to be fetched.
  assert.match((await rddm(at('near'), random)).stderr, other);
  const neither = await rddm(small, at('real'), '--features', 'random');
  assert.match(
    neither.stderr,
    /small.npz: expected statistics of 323 features, .*, got 2; save statistics of the features "random"/,
  );
  const equal = await rddm(random, random, '--features', 'random', '--json');
  assert.equal(JSON.parse(equal.stdout).rfd, 0);
  const unused = await rddm(random, random, '--weights', at('none.pth'));
  assert.match(unused.stderr, /expected no --weights with two files of statistics, which need no network/);
});

test('refusals', async () => {
  mkdirSync(at('one'));
  await writeImage(at('one/a.png'), { width: 8, height: 8, channels: 1, data: new Uint8Array(64) });
  const one = await rddm(at('one'), at('real'), '--features', 'random');
  assert.match(one.stderr, /one: expected at least two pictures, got 1/);
  const weights = await rddm(at('near'), at('real'), '--features', 'random', '--weights', 'x');
  assert.match(weights.stderr, /expected no --weights with --features random/);
  const saved = await rddm(at('near'), at('real'), '--features', 'random', '--save-statistics', at('photos'));
  assert.match(saved.stderr, /expected --save-statistics with a file ending in .npz, got \S*photos; only such a file/);
});
