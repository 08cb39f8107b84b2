import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command } from 'commander';
import { readCatalogue } from '../adapters/node/experiment/catalogue.ts';
import { writeImage } from '../adapters/node/pictures/images.ts';
import { experimentOf } from '../experiment/catalogue.ts';
import { planModel } from '../experiment/plan.ts';
import { keyOf } from '../operations/experiment/place.ts';
import { registerExperiment } from './experiment.ts';

const root = await mkdtemp(join(tmpdir(), 'rddm-experiment-'));
after(() => rm(root, { recursive: true }));
const results = join(root, 'runs', 'results');
const series = (name: string, pictures: string) => ({
  ...{ name, group: 'rain', pictures },
  cells: [{ values: { psnr: [30, 'Infinity'] }, strip: `figure-8/${name}.png` }],
});
const variances = (name: string, ...values: number[]) => ({
  ...{ name, group: 'fresh noise', over: 'steps', pictures: 'none' },
  cells: [10, 100, 1000].map((at, index) => ({ at, values: { variance: [values[index]] } })),
});
const result = {
  ...{ format: 'rddm-experiment', version: 1, id: 'figure-8', date: '2026-11-25', data: {}, models: {} },
  machine: { processor: 'P', threads: 2, memory_gb: 8, system: 'linux', node: 'v20', onnxruntime: '1' },
  series: [
    ...[series('shown', 'open'), series('kept', 'restricted')],
    ...[variances('RDDM, sum-constrained', 0.5, 0.9, 1.2), variances('DDPM', 3, 6, 10)],
  ],
  findings: [{ claim: 'What is said no more', outcome: 'reproduced', reasons: [] }],
};

before(async () => {
  await mkdir(join(results, 'figure-8'), { recursive: true });
  const catalogue = await readCatalogue();
  const trained = { setting: 'faces', steps: 9, parameters: 9, seconds: 9, loss: 1, train: {} };
  const write = async (id: string, keyFor: (name: string) => string | undefined = () => undefined) => {
    const experiment = experimentOf(catalogue, id);
    const models = Object.keys(experiment.models).map(async (name) => {
      const key = keyFor(name) ?? (await keyOf(planModel(experiment, name, catalogue.settings).identity));
      return [name, { key, ...trained }] as const;
    });
    const file = { ...result, id, models: Object.fromEntries(await Promise.all(models)) };
    await writeFile(join(results, `${id}.json`), JSON.stringify(file));
  };
  await write('figure-8');
  await write('figure-8-longer');
  // Of models as the experiment once described them.
  await write('figure-8-seed-2', () => 'other');
  await write('figure-17', () => 'other');
  for (const name of ['shown', 'kept']) {
    const data = new Uint8Array(12).fill(name.length);
    await writeImage(join(results, 'figure-8', `${name}.png`), { width: 2, height: 2, channels: 3, data });
  }
});

async function rddm(...args: string[]): Promise<string> {
  const program = new Command('rddm').exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  registerExperiment(program);
  let printed = '';
  const { write } = process.stdout;
  // The test runner writes bytes, commands write text.
  process.stdout.write = ((text: string | Uint8Array) => {
    if (typeof text !== 'string') return write.call(process.stdout, text);
    printed += text;
    return true;
  }) as typeof write;
  try {
    await program.parseAsync(['node', 'rddm', 'experiment', ...args]);
  } finally {
    process.stdout.write = write;
  }
  return printed;
}
const from = ['--from', join(root, 'runs')];
const imagesIn = async (path: string) => (await readFile(path, 'utf8')).match(/<img /g)?.length ?? 0;

describe('list', () => {
  it('lists the outcomes of experiments that were run, and that others were not begun', async () => {
    const rows = JSON.parse(await rddm('list', '--out', join(root, 'runs'), '--json'));
    const stateOf = (id: string) => rows.find((row: { id: string }) => row.id === id).state;
    // Here one finding does not hold, one does, and the figures of the last are missing.
    assert.equal(stateOf('figure-8'), 'not reproduced, reproduced, not testable at this size');
    assert.equal(stateOf('table-1'), 'not begun');
    assert.equal(stateOf('figure-17'), 'not begun', 'a result of other models');
  });

  it('lists variations on request', async () => {
    const idsOf = async (...flags: string[]) =>
      JSON.parse(await rddm('list', '--out', join(root, 'runs'), '--json', ...flags)).map(
        ({ id }: { id: string }) => id,
      );
    assert.ok(!(await idsOf()).includes('figure-8-longer'));
    assert.ok((await idsOf('--again')).includes('figure-8-longer'));
  });
});

describe('run', () => {
  it('requires existing experiments, or --all, and data', async () => {
    await assert.rejects(rddm('run', '--data', root), /expected ids of experiments, or --all, got neither/);
    await assert.rejects(rddm('run', 'table-1', '--all', '--data', root), /or --all, got both/);
    await assert.rejects(rddm('run', 'table-99', '--data', root), /expected one of table-1, .*, got table-99/);
    await assert.rejects(rddm('run', 'table-1', '--data', join(root, 'none')), /expected a folder with the data/);
  });
});

describe('report', () => {
  it('shows open pictures, and the others on request', async () => {
    await rddm('report', ...from, '--out', join(root, 'open.html'));
    await rddm('report', ...from, '--out', join(root, 'all.html'), '--pictures', 'all');
    assert.equal(await imagesIn(join(root, 'open.html')), 1);
    assert.equal(await imagesIn(join(root, 'all.html')), 2);
  });

  it('publishes results with only open pictures, from which the same page can be made', async () => {
    const target = join(root, 'published');
    await rddm('report', ...from, '--out', join(root, 'a.html'), '--publish', target);
    assert.ok(existsSync(join(target, 'figure-8', 'shown.png')));
    assert.ok(!existsSync(join(target, 'figure-8', 'kept.png')));
    assert.ok(existsSync(join(target, 'figure-8-longer.json')));
    assert.ok(!existsSync(join(target, 'figure-8-seed-2.json')));
    // The verdicts on the figures are the current ones.
    const copy = JSON.parse(await readFile(join(target, 'figure-8.json'), 'utf8'));
    const { findings } = experimentOf(await readCatalogue(), 'figure-8');
    assert.deepEqual(
      copy.findings.map(({ claim }: { claim: string }) => claim),
      findings.map(({ claim }) => claim),
    );
    assert.match(Object.values(copy.data).join(' '), /CelebA/);
    assert.ok(!existsSync(join(target, 'figure-17.json')));
    const page = await readFile(join(root, 'a.html'), 'utf8');
    assert.match(page, /Again with twice the steps: <b/);
    assert.match(page, /Again with another seed: not run/);
    await rddm('report', '--from', target, '--out', join(root, 'b.html'), '--pictures', 'all');
    assert.equal(await readFile(join(root, 'b.html'), 'utf8'), await readFile(join(root, 'a.html'), 'utf8'));
  });

  it('replaces nothing without --force, and needs results', async () => {
    await assert.rejects(rddm('report', ...from, '--out', join(root, 'open.html')), /add --force/);
    const target = join(root, 'there');
    const strip = join(target, 'figure-8', 'shown.png');
    await mkdir(join(target, 'figure-8'), { recursive: true });
    await writeFile(strip, 'other');
    const words = ['report', ...from, '--out', join(root, 'd.html'), '--publish', target];
    await assert.rejects(rddm(...words), /expected no file at \S*shown.png, got one; add --force/);
    assert.equal(await readFile(strip, 'utf8'), 'other');
    assert.ok(!existsSync(join(root, 'd.html')));
    await rddm(...words, '--force');
    assert.deepEqual(await readFile(strip), await readFile(join(results, 'figure-8', 'shown.png')));
    await assert.rejects(
      rddm('report', '--from', join(root, 'none'), '--out', join(root, 'c.html')),
      /expected results in .*none, got none; make some with rddm experiment run/,
    );
  });
});
