/** The programs in examples/ run as they stand, on small pictures, with the compiled package under its own name. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ensureCompiled } from '../bench/compiled.ts';
import { readImage, writeImage } from '../src/adapters/node/pictures/images.ts';
import { root } from './support/pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'rddm-example-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (...parts: string[]): string => join(folder, ...parts);

/** Runs a program with arguments; what it printed. */
async function runExample(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'examples', name), ...args], {
    cwd: folder,
  });
  return stdout;
}

before(async () => {
  await ensureCompiled(() => {});
  for (const name of ['clean', 'dark']) mkdirSync(at(name));
  for (const name of ['a', 'b']) {
    const data = Uint8Array.from({ length: 80 * 72 * 3 }, (_, i) => (i * (name === 'a' ? 7 : 5)) % 200);
    const picture = { width: 80, height: 72, channels: 3, data } as const;
    await writeImage(at('clean', `${name}.png`), picture);
    await writeImage(at('dark', `${name}.png`), { ...picture, data: data.map((value) => value >> 1) });
  }
});

const programs: Readonly<Record<string, () => Promise<void>>> = {
  'restore-file.mjs': async () => {
    assert.match(await runExample('restore-file.mjs', at('clean', 'a.png'), at('restored.png')), /step 2 of 2/);
    const { width, height } = await readImage(at('restored.png'));
    assert.deepEqual([width, height], [80, 72]);
  },
  'own-sampler.mjs': async () => {
    await runExample('own-sampler.mjs', at('clean', 'a.png'), at('heun.png'), '2');
    const { width, height, data } = await readImage(at('heun.png'));
    assert.deepEqual([width, height], [80, 72]);
    assert.ok(new Set(data).size > 20, 'a picture');
  },
  'new-degradation.mjs': async () => {
    await runExample('new-degradation.mjs', at('clean'), at('foggy'));
    assert.deepEqual(readdirSync(at('foggy')), readdirSync(at('clean')));
    const [foggy, clean] = [await readImage(at('foggy', 'a.png')), await readImage(at('clean', 'a.png'))];
    const brightness = (data: ArrayLike<number>): number => Array.from(data).reduce((sum, value) => sum + value, 0);
    assert.ok(brightness(foggy.data) > brightness(clean.data));
  },
  'train-on-pairs.mjs': async () => {
    const train = (steps: string) => runExample('train-on-pairs.mjs', at('dark'), at('clean'), at('run'), steps);
    assert.match(await train('1'), /step 1: loss \d.*\nsaved, finished/);
    assert.match(await train('2'), /^step 2: loss /m);
    assert.ok(readdirSync(at('run', 'model')).includes('weights.safetensors'));
  },
};

describe('examples', () => {
  for (const [name, tried] of Object.entries(programs)) it(name, tried);

  it('all are tried', () => {
    const files = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.mjs'));
    assert.deepEqual(files.sort(), Object.keys(programs).sort());
  });
});
