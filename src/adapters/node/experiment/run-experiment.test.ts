/** An experiment from nothing to its result at tiny size, stopped and resumed on the way. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Experiment, experimentSchema, settingSchema } from '../../../experiment/experiment.ts';
import { planModel } from '../../../experiment/plan.ts';
import type { ExperimentResult } from '../../../experiment/result.ts';
import { createReferenceRuntime } from '../../../runtime/reference.ts';
import { writeImage } from '../images.ts';
import { experimentOf, readCatalogue } from './catalogue.ts';
import { type ExperimentEvent, readResult, runExperiment } from './run-experiment.ts';
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
  ],
  paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 1]] }],
  findings: [
    {
      ...{ claim: 'One step is one step', paper: 'none' },
      tests: [{ left: { series: 'steps', at: 1, metric: 'agreement' }, is: 'above', right: 98 }],
    },
  ],
});

const catalogue = { experiments: [experiment], settings: new Map([['rain', setting]]) };
const place = { data, out: join(root, 'out') };

async function run(signal = new AbortController().signal, seen: (event: ExperimentEvent) => void = () => {}) {
  const kinds: string[] = [];
  let result: ExperimentResult | undefined;
  const runtime = createReferenceRuntime();
  for await (const event of runExperiment({ experiment, catalogue, place, runtime, signal })) {
    kinds.push(event.kind);
    if (event.kind === 'finished') result = event.result;
    seen(event);
  }
  return { kinds, result };
}

describe('an experiment', () => {
  const planned = planModel(experiment, 'residual', catalogue.settings);

  it('that is stopped keeps what it learnt', async () => {
    const controller = new AbortController();
    await assert.rejects(
      run(controller.signal, (event) => event.kind === 'training' && event.step === 2 && controller.abort()),
      { name: 'AbortError' },
    );
    assert.equal(await isTrained(planned, place), false);
    assert.equal(readdirSync(join(place.out, 'models')).length, 1);
  });

  it('goes on from there, trains a shared model once, and writes its result', async () => {
    const { kinds, result } = await run();
    assert.ok(result);
    assert.equal(kinds.filter((kind) => kind === 'training').length, 1); // The third step.
    assert.equal(await isTrained(planned, place), true);
    assert.equal(result.models.residual.key, result.models['the same'].key);
    assert.deepEqual(
      result.series.map(({ name, cells }) => [name, cells.length]),
      [
        ['input', 2],
        ['few', 1],
        ['steps', 2],
        ['loss', 3],
        ['variance', 2],
      ],
    );
    const [input, few, steps] = result.series;
    assert.equal(input.cells[0].values.psnr.length, 3);
    assert.deepEqual(steps.cells[0].values.psnr, few.cells[0].values.psnr);
    assert.deepEqual(steps.cells[0].values.agreement, [99, 99, 99]);
    assert.ok(Math.max(...steps.cells[1].values.agreement) < 99);
    assert.deepEqual(
      result.findings.map(({ outcome }) => outcome),
      ['reproduced'],
    );
    for (const { cells } of result.series) {
      for (const { strip } of cells) assert.ok(strip === undefined || existsSync(join(place.out, 'results', strip)));
    }
  });

  it('run again finds everything, and says the same', async () => {
    const before = await readResult(join(place.out, 'results', 'table-0.json'));
    const { kinds } = await run();
    assert.deepEqual(kinds, ['finished']);
    assert.deepEqual(await readResult(join(place.out, 'results', 'table-0.json')), before);
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

  it('names what it has when asked for another', () => {
    assert.throws(() => experimentOf(catalogue, 'table-9'), /experiment: expected one of table-0, got table-9/);
  });
});
