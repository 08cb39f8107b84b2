/**
 * Runs an experiment: trains the models that are not there yet, samples what has not been sampled, scores, judges, and
 * writes the result. Stopped at any moment, the next run goes on from what is there.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Experiment } from '../../../experiment/experiment.ts';
import { planModel } from '../../../experiment/plan.ts';
import type { ExperimentResult, Series } from '../../../experiment/result.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { describeMachine } from '../machine.ts';
import { lockRun } from '../runs/run-lock.ts';
import type { Catalogue } from './catalogue.ts';
import { type Bench, measureSeries } from './measures.ts';
import { type Place, resultFile, resultsFolder } from './place.ts';
import { saidOf, writeResult } from './result-file.ts';
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
      models: Object.fromEntries([...models].map(([name, { trained }]) => [name, trained])),
      series,
      ...saidOf(experiment, series, catalogue),
    };
    const path = resultFile(results, experiment.id);
    await writeResult(path, result);
    yield { kind: 'finished', result, path };
  } finally {
    await unlock();
  }
}
