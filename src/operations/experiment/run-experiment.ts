/**
 * Runs an experiment: trains missing models, samples missing pictures, scores, judges, and stores the result. If it is
 * stopped at any moment, the next run continues from there.
 */
import type { Catalogue } from '../../experiment/catalogue.ts';
import type { Experiment } from '../../experiment/experiment.ts';
import { planModel } from '../../experiment/plan.ts';
import { type ExperimentResult, encodeResult, type Series } from '../../experiment/result.ts';
import { saidOf } from '../../experiment/said.ts';
import { type Bench, measureSeries } from './measures.ts';
import { type ExperimentMeans, resultName, resultsName } from './place.ts';
import type { SamplingProgress } from './sampled-pictures.ts';
import { ensureModel, type ReadyModel, type TrainingProgress } from './trained-models.ts';

/** The events of a run. */
export type ExperimentEvent =
  | TrainingProgress
  | (SamplingProgress & { readonly series: string })
  /** The result, and its name in the store. */
  | { readonly kind: 'finished'; readonly result: ExperimentResult; readonly name: string };

/** An experiment to run. */
export interface ExperimentRun extends ExperimentMeans {
  readonly experiment: Experiment;
  readonly catalogue: Catalogue;
  /** What the result records besides the figures. */
  readonly machine: ExperimentResult['machine'];
}

/**
 * Runs an experiment in a place where nobody else runs the same one; others may run at the same time.
 *
 * @throws RddmError if data is missing or a training fails; the reason of the signal if it is aborted. What was trained
 *   and sampled until then is kept
 */
export async function* runExperiment(run: ExperimentRun): AsyncGenerator<ExperimentEvent, void> {
  const { experiment, catalogue, place, machine } = run;
  const models = new Map<string, ReadyModel>();
  for (const name of Object.keys(experiment.models)) {
    const planned = planModel(experiment, name, catalogue.settings);
    models.set(name, yield* ensureModel(planned, run));
  }
  const giveBack = await place.take(`${resultsName}/${experiment.id}`);
  try {
    const { settings } = catalogue;
    const bench: Bench = { ...run, models, settings, made: new Map(), held: new Map(), references: new Map() };
    const series: Series[] = [];
    for (const measure of experiment.measures) series.push(yield* measureSeries(measure, bench));
    const result: ExperimentResult = {
      format: 'rddm-experiment',
      version: 1,
      id: experiment.id,
      date: new Date().toISOString().slice(0, 10),
      machine,
      models: Object.fromEntries([...models].map(([name, { trained }]) => [name, trained])),
      series,
      ...saidOf(experiment, series, catalogue),
    };
    const name = `${resultsName}/${resultName(experiment.id)}`;
    await place.store.write(name, encodeResult(result));
    yield { kind: 'finished', result, name };
  } finally {
    await giveBack();
  }
}
