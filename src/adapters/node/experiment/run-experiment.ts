/**
 * Runs an experiment: trains the models that are not there yet, samples what has not been sampled, scores, judges, and
 * writes the result. Stopped at any moment, the next run goes on from what is there.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment } from '../../../experiment/experiment.ts';
import { judge } from '../../../experiment/finding.ts';
import { planModel, settingOf } from '../../../experiment/plan.ts';
import { type ExperimentResult, resultSchema, type Series } from '../../../experiment/result.ts';
import { validated } from '../../../math/validate.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { writeFileAtomic } from '../files.ts';
import { readJson } from '../json-file.ts';
import { describeMachine } from '../machine.ts';
import { lockRun } from '../run-lock.ts';
import type { Catalogue } from './catalogue.ts';
import { type Bench, measureSeries } from './measures.ts';
import { type Place, resultFile, resultsFolder } from './place.ts';
import type { SamplingProgress } from './sampled-pictures.ts';
import { ensureModel, type ReadyModel, type TrainingProgress } from './trained-models.ts';

/** What a run tells. */
export type ExperimentEvent =
  | TrainingProgress
  | (SamplingProgress & { readonly series: string })
  | { readonly kind: 'finished'; readonly result: ExperimentResult; readonly path: string };

/** An experiment to run. */
export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly catalogue: Catalogue;
  readonly place: Place;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/** JSON with the numbers that JSON lacks as words, and the others in seven digits, which is all that float32 has. */
const plain = (_: string, value: unknown): unknown =>
  typeof value !== 'number' ? value : Number.isFinite(value) ? Number(value.toPrecision(7)) : String(value);

/** Reads a result. @throws RddmError when it is none */
export const readResult = async (path: string): Promise<ExperimentResult> =>
  validated(resultSchema, await readJson(path, 'experiment'), path);

/** The sentences about the data of all settings that an experiment works with. */
function dataOf({ experiment, catalogue }: ExperimentRun): Record<string, string> {
  const named = [
    ...Object.values(experiment.models).map(({ setting }) => setting),
    ...experiment.measures.flatMap((measure) => ('setting' in measure ? [measure.setting] : [])),
  ];
  return Object.fromEntries(
    named.map((name) => {
      const { title, data } = settingOf(catalogue.settings, name, experiment.id);
      return [title, data];
    }),
  );
}

/**
 * Runs an experiment in a folder where no other process runs the same one; others may run beside it.
 *
 * @throws RddmError when data is missing or a training fails; the reason of `signal` when it is aborted. What was trained
 *   and sampled until then is kept
 */
export async function* runExperiment(run: ExperimentRun): AsyncGenerator<ExperimentEvent, void> {
  const { experiment, catalogue, place, runtime, signal } = run;
  const results = resultsFolder(place.out);
  const own = join(results, experiment.id);
  await mkdir(own, { recursive: true });
  const models = new Map<string, ReadyModel>();
  for (const name of Object.keys(experiment.models)) {
    const planned = planModel(experiment, name, catalogue.settings);
    models.set(name, yield* ensureModel(planned, place, runtime, signal));
  }
  const unlock = await lockRun(own);
  try {
    const bench: Bench = {
      ...{ experiment, place, runtime, models, signal },
      settings: catalogue.settings,
      pictures: new Map(),
      held: new Map(),
      references: new Map(),
    };
    const series: Series[] = [];
    for (const measure of experiment.measures) series.push(yield* measureSeries(measure, bench));
    const result: ExperimentResult = {
      format: 'rddm-experiment',
      version: 1,
      id: experiment.id,
      date: new Date().toISOString().slice(0, 10),
      machine: describeMachine(),
      data: dataOf(run),
      models: Object.fromEntries([...models].map(([name, { trained }]) => [name, trained])),
      series,
      findings: experiment.findings.map((finding) => judge(finding, series)),
    };
    const path = resultFile(results, experiment.id);
    await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(result, plain)}\n`));
    yield { kind: 'finished', result, path };
  } finally {
    await unlock();
  }
}
