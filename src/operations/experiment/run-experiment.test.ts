/** An experiment from nothing to its result at tiny size, stopped and resumed in between. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCatalogue } from '../../adapters/node/experiment/catalogue.ts';
import { experimentMeans } from '../../adapters/node/experiment/experiment-folder.ts';
import { describeMachine } from '../../adapters/node/machine.ts';
import { readImage, writeImage } from '../../adapters/node/pictures/images.ts';
import { experimentOf } from '../../experiment/catalogue.ts';
import { type Experiment, experimentSchema, labelOf, settingSchema } from '../../experiment/experiment.ts';
import { planModel } from '../../experiment/plan.ts';
import { decodeResult, type ExperimentResult } from '../../experiment/result.ts';
import { slugOf } from '../../experiment/slug.ts';
import { createReferenceRuntime } from '../../runtime/reference.ts';
import { heldPictures, imagesOf } from './held-pictures.ts';
import { type ExperimentEvent, runExperiment } from './run-experiment.ts';
import { isTrained } from './trained-models.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-experiment-'));
const data = join(root, 'data');
after(() => rmSync(root, { recursive: true, force: true }));
before(async () => {
  mkdirSync(join(data, 'photos'), { recursive: true });
  for (const [name, value] of Object.entries({ a: 3, b: 5, c: 7 })) {
    const pixels = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * value) % 256);
    await writeImage(join(data, 'photos', `${name}.png`), { width: 24, height: 24, channels: 3, data: pixels });
  }
});

const setting = settingSchema.parse({
  title: 'rain',
  data: 'Three pictures.',
  pictures: 'open',
  withhold: 1,
  train: {
    model: { unet: { dim: 4, multipliers: [1], groups: 2 } },
    data: { kind: 'degraded', clean: 'photos', degradation: { kind: 'rain' }, crop: 16 },
    ...{ steps: 3, accumulation: 1, logEvery: 1, checkpointEvery: 1, sampleEvery: 0 },
  },
  held: { pictures: 3, batch: 2 },
});
const experiment: Experiment = experimentSchema.parse({
  ...{ id: 'table-0', title: 'Title', source: 'Table 0', minutes: 1, about: 'About.' },
  models: { residual: { setting: 'rain' }, 'the same': { setting: 'rain', change: { checkpointEvery: 2 } } },
  measures: [
    { kind: 'input', series: 'input', setting: 'rain', metrics: ['psnr'] },
    { kind: 'sample', series: 'few', model: 'residual', sampling: { steps: 1 }, metrics: ['psnr'] },
    {
      ...{ kind: 'sample', series: 'steps', model: 'the same', to: 'few', metrics: ['psnr', 'agreement'] },
      over: { option: 'steps', values: [1, 2] },
    },
    { kind: 'log', series: 'loss', model: 'residual', scalar: 'loss' },
    {
      ...{ kind: 'variance', series: 'variance', variance: 'sum-constrained', schedule: {} },
      over: { option: 'steps', values: [1, 1000] },
    },
    {
      ...{ kind: 'sample', series: 'other noise', model: 'residual', sampling: { steps: 1 }, noise: 1 },
      ...{ to: 'few', metrics: ['psnr', 'agreement'] },
    },
  ],
  paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 1]] }],
  findings: [
    {
      ...{ claim: 'One step is one step', paper: 'none' },
      tests: [{ left: { series: 'steps', at: 1, metric: 'agreement' }, is: 'above', right: 0.999 }],
    },
  ],
});

const catalogue = { experiments: [experiment], settings: new Map([['rain', setting]]) };
const out = join(root, 'out');
const means = experimentMeans(data, out);
const machine = describeMachine();

async function run(signal = new AbortController().signal, seen: (event: ExperimentEvent) => void = () => {}) {
  const kinds: string[] = [];
  let result: ExperimentResult | undefined;
  const runtime = createReferenceRuntime();
  for await (const event of runExperiment({ ...means, experiment, catalogue, machine, runtime, signal })) {
    kinds.push(event.kind);
    if (event.kind === 'finished') result = event.result;
    seen(event);
  }
  return { kinds, result };
}

describe('an experiment', () => {
  const planned = planModel(experiment, 'residual', catalogue.settings);

  it('that is stopped keeps its training', async () => {
    const controller = new AbortController();
    await assert.rejects(
      run(controller.signal, (event) => event.kind === 'training' && event.step === 2 && controller.abort()),
      { name: 'AbortError' },
    );
    assert.equal(await isTrained(planned, means.place), false);
    assert.equal(readdirSync(join(out, 'models')).length, 1);
  });

  it('continues from there, trains a shared model once, and writes its result', async () => {
    const { kinds, result } = await run();
    assert.ok(result);
    assert.equal(kinds.filter((kind) => kind === 'training').length, 1); // The third step.
    assert.equal(await isTrained(planned, means.place), true);
    assert.equal(result.models.residual.key, result.models['the same'].key);
    assert.deepEqual(
      result.series.map(({ name, cells }) => [name, cells.length]),
      [
        ['input', 2],
        ['few', 1],
        ['steps', 2],
        ['loss', 3],
        ['variance', 2],
        ['other noise', 1],
      ],
    );
    const [input, few, steps, , , otherNoise] = result.series;
    assert.equal(input.cells[0].values.psnr.length, 3);
    assert.deepEqual(steps.cells[0].values.psnr, few.cells[0].values.psnr);
    for (const value of steps.cells[0].values.agreement) assert.ok(Math.abs(value - 1) < 1e-9);
    assert.ok(Math.max(...steps.cells[1].values.agreement) < 0.999999);
    assert.ok(Math.max(...otherNoise.cells[0].values.agreement) < 0.999999);
    assert.deepEqual(
      result.findings.map(({ outcome }) => outcome),
      ['reproduced'],
    );
    for (const { cells } of result.series) {
      for (const { strip } of cells) assert.ok(strip === undefined || existsSync(join(out, 'results', strip)));
    }
  });

  it('trained on all pictures except those it is scored on', async () => {
    const { result } = await run();
    const folder = join(out, 'models', result?.models.residual.key as string);
    const { data: trainedOn } = JSON.parse(readFileSync(join(folder, 'train.json'), 'utf8'));
    assert.deepEqual(trainedOn.exclude, ['c.png']);
    const held = await heldPictures(setting, means, { count: 1, preprocess: 'none' });
    const c = await readImage(join(data, 'photos', 'c.png'));
    const [square] = held.batches.flatMap(({ clean }) => imagesOf(clean));
    // Rows of c increase by 7 from pixel to pixel, and cropping and flipping keep the size of the step.
    assert.ok(c.data[3] - c.data[0] === 21);
    const step = Math.abs(square.data[3] - square.data[0]) % 256;
    assert.ok(step === 21 || step === 256 - 21, `${step}`);
  });

  it('does not use models trained on other pictures', async () => {
    const other = join(root, 'other');
    cpSync(data, other, { recursive: true });
    await writeImage(join(other, 'photos', 'a.png'), {
      width: 16,
      height: 24,
      channels: 3,
      data: new Uint8Array(1152),
    });
    const runtime = createReferenceRuntime();
    const signal = new AbortController().signal;
    const others = experimentMeans(other, out);
    const events = runExperiment({ ...others, experiment, catalogue, machine, runtime, signal });
    await assert.rejects(events.next(), /expected the pictures that this run began with, got others/);
  });

  it('run again finds everything, and gives the same result', async () => {
    const kept = (): ExperimentResult =>
      decodeResult(readFileSync(join(out, 'results', 'table-0.json')), 'table-0.json');
    const before = kept();
    const { kinds } = await run();
    assert.deepEqual(kinds, ['finished']);
    assert.deepEqual(kept(), before);
  });
});

describe('the catalogue', () => {
  it('of the package is valid, in the order of the paper, and nothing takes more than an hour', async () => {
    const { experiments } = await readCatalogue();
    const ids = experiments.map(({ id }) => id);
    assert.equal(ids[0], 'table-1');
    assert.ok(ids.indexOf('table-10') < ids.indexOf('figure-6'));
    assert.ok(experiments.every(({ minutes }) => minutes <= 60));
  });

  it('has no experiment with two cells that share a file', async () => {
    for (const { id, measures } of (await readCatalogue()).experiments) {
      const names = measures.flatMap((measure) => {
        if (measure.kind !== 'sample') return 'setting' in measure ? [slugOf(measure.series)] : [];
        const { series, over } = measure;
        if (!over) return [slugOf(series)];
        return over.values.map((value, index) => slugOf(series, labelOf(value, over.labels?.[index])));
      });
      assert.equal(new Set(names).size, names.length, `${id}: ${names.join(', ')}`);
    }
  });

  it('finds variations, and refuses those that change nothing, or share an id', async () => {
    const folder = join(root, 'catalogue');
    mkdirSync(join(folder, 'settings'), { recursive: true });
    writeFileSync(join(folder, 'settings', 'rain.json'), JSON.stringify(setting));
    const read = async (id: string, variations: object) => {
      const findings = [{ ...experiment.findings[0], again: Object.keys(variations) }];
      writeFileSync(join(folder, `${id}.json`), JSON.stringify({ ...experiment, id, findings, variations }));
      return await readCatalogue(folder);
    };
    const words = { title: 'another seed', minutes: 1 };
    const found = await read('table-0', { 'seed-2': { ...words, change: { seed: 2 } } });
    assert.equal(experimentOf(found, 'table-0-seed-2').models.residual.again.seed, 2);
    await assert.rejects(
      read('table-0-seed', { 2: { ...words, change: { seed: 3 } } }),
      /no other experiment has, got table-0-seed-2/,
    );
    rmSync(join(folder, 'table-0-seed.json'));
    await assert.rejects(
      read('table-0', { 'seed-2': words }),
      /variation seed-2: expected other settings for every model, got none for residual/,
    );
    await read('table-0', { 'seed-2': { ...words, pictures: 3 } });
  });

  it('lists its experiments when asked for an unknown one', () => {
    assert.throws(
      () => experimentOf(catalogue, 'table-9'),
      /experiment: expected one of table-0, or a variation, got table-9/,
    );
  });
});
