/**
 * Every experiment of the package runs to its end: its own models, measures and findings, with networks, pictures and
 * trainings so small that this tests only that it works, not the results.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCatalogue } from '../src/adapters/node/experiment/catalogue.ts';
import { experimentMeans } from '../src/adapters/node/experiment/experiment-folder.ts';
import { describeMachine } from '../src/adapters/node/machine.ts';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { writeImage } from '../src/adapters/node/pictures/images.ts';
import { merged } from '../src/experiment/canonical.ts';
import type { Catalogue } from '../src/experiment/catalogue.ts';
import type { CellReference, Experiment, Setting } from '../src/experiment/experiment.ts';
import { createRandom } from '../src/math/random.ts';
import { runExperiment } from '../src/operations/experiment/run-experiment.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-experiments-'));
const data = join(root, 'data');
const runtime = createOrtRuntime({ threads: 1 });
after(async () => {
  await runtime.close();
  rmSync(root, { recursive: true, force: true });
});

const catalogue = await readCatalogue();

/** The folders named in a training configuration. */
const foldersOf = (source: unknown): string[] =>
  Object.entries((source ?? {}) as Record<string, unknown>)
    .filter(([key]) => ['clean', 'folder', 'input', 'target', 'masks'].includes(key))
    .map(([, path]) => String(path));

before(async () => {
  const folders = [...catalogue.settings.values()].flatMap(({ train, held }) => [
    ...foldersOf(train.data),
    ...foldersOf(held.data),
  ]);
  for (const folder of new Set(folders)) {
    mkdirSync(join(data, folder), { recursive: true });
    const random = createRandom(1, [folder]);
    for (let picture = 0; picture < 24; picture++) {
      const pixels = Uint8Array.from({ length: 48 * 48 * 3 }, () => random.integer(256));
      await writeImage(join(data, folder, `${picture}.png`), { width: 48, height: 48, channels: 3, data: pixels });
    }
  }
});

const unet = { dim: 8, multipliers: [1], groups: 4 };

/** The same setting, with a network, a training and pictures that take no time. */
const small = (setting: Setting): Setting => ({
  ...setting,
  train: merged(setting.train, {
    model: { unet },
    data: { crop: 16 },
    optimiser: { warmup: 0 },
    ...{ steps: 2, batch: 1, checkpointEvery: 1 },
  }) as Setting['train'],
  withhold: Math.min(setting.withhold, 1),
  reference: Math.min(setting.reference, 20),
  held: {
    ...setting.held,
    ...(setting.held.data && { data: { ...setting.held.data, crop: 16 } }),
    ...{ pictures: 20, batch: 10 },
  },
});

/** The same experiment, with series over numbers of steps at 1, 2, 3, … steps. */
function inFewSteps(experiment: Experiment): Experiment {
  const fewer = new Map<string, Map<unknown, number>>();
  const measures = experiment.measures.map((measure) => {
    if (measure.kind !== 'sample' || measure.over?.option !== 'steps') return measure;
    const { values } = measure.over;
    fewer.set(measure.series, new Map(values.map((value, index) => [value, index + 1])));
    return { ...measure, over: { ...measure.over, values: values.map((_, index) => index + 1) } };
  });
  const moved = (reference: CellReference): CellReference => {
    const at = fewer.get(reference.series)?.get(reference.at);
    return at === undefined ? reference : { ...reference, at };
  };
  const findings = experiment.findings.map((finding) => ({
    ...finding,
    tests: finding.tests.map(({ left, right, ...test }) => ({
      ...test,
      left: moved(left),
      right: typeof right === 'number' ? right : moved(right),
    })),
  }));
  return { ...experiment, measures, findings };
}

/** The same experiment, with its own trainings as short, and counted networks as small. */
const shortened = (experiment: Experiment): Experiment => ({
  ...experiment,
  models: Object.fromEntries(
    Object.entries(experiment.models).map(([name, model]) => {
      const { steps: _, data: __, batch: ___, ...rest } = model.change;
      return [name, { ...model, change: merged(rest, { optimiser: { warmup: 0 } }) as typeof rest }];
    }),
  ),
  measures: experiment.measures.map((measure) =>
    measure.kind === 'count'
      ? { ...measure, network: { ...measure.network, unet }, side: 16 }
      : 'pictures' in measure
        ? // As few as a distance of sets needs.
          { ...measure, pictures: measure.kind === 'sample' ? 20 : 2 }
        : measure,
  ),
});

const tiny: Catalogue = {
  experiments: catalogue.experiments.map(inFewSteps).map(shortened),
  settings: new Map([...catalogue.settings].map(([name, setting]) => [name, small(setting)])),
};

/** All take minutes: by default every other one runs, with `RDDM_EXPERIMENTS=all` each. */
const tried = tiny.experiments.filter((_, i) => process.env.RDDM_EXPERIMENTS === 'all' || i % 2 === 0);

describe(`${tried.length} of ${tiny.experiments.length} experiments run, small`, () => {
  for (const experiment of tried) {
    it(experiment.id, async () => {
      const { signal } = new AbortController();
      const means = { ...experimentMeans(data, join(root, 'out')), runtime, signal };
      const machine = describeMachine();
      let isFinished = false;
      for await (const event of runExperiment({ ...means, experiment, catalogue: tiny, machine })) {
        if (event.kind !== 'finished') continue;
        isFinished = true;
        const { series, findings } = event.result;
        assert.equal(series.length, experiment.measures.length);
        // Everything that a finding names was measured, whatever the result.
        for (const { reasons } of findings) {
          for (const reason of reasons) assert.doesNotMatch(reason, /was not measured|is not a number/);
        }
      }
      assert.ok(isFinished);
    });
  }
});
