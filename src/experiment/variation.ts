/**
 * An experiment repeated with other settings, to look into a finding that did not show: more steps, another seed, the
 * published code's optimiser. The change applies to every model that the finding needs, and only those models are
 * trained and measured.
 */
import { expected } from '../math/errors.ts';
import type { Experiment, Measure } from './experiment.ts';

/** The measures of these series, and those that they are compared with, in their order. */
function measuresFor(measures: readonly Measure[], series: ReadonlySet<string>): Measure[] {
  const needed = new Set(series);
  // Backwards, since a series is compared with an earlier one.
  for (const measure of [...measures].reverse()) {
    if (measure.kind === 'sample' && measure.to !== undefined && needed.has(measure.series)) needed.add(measure.to);
  }
  return measures.filter((measure) => needed.has(measure.series));
}

/**
 * The experiment of a variation, complete in itself; its id joins the experiment's id and the variation's name.
 *
 * @throws RddmError if there is no variation of that name
 */
export function variationOf(experiment: Experiment, name: string): Experiment {
  const variation = experiment.variations[name];
  if (!variation) {
    const there = Object.keys(experiment.variations).join(', ') || 'none';
    throw expected(`experiment ${experiment.id}`, `one of its variations (${there})`, name);
  }
  const { title, minutes, training, change, pictures } = variation;
  const findings = experiment.findings
    .filter(({ again }) => again.includes(name))
    .map((finding) => ({ ...finding, again: [], note: undefined }));
  const named = findings
    .flatMap(({ tests }) => tests.flatMap(({ left, right }) => [left, right]))
    .flatMap((reference) => (typeof reference === 'number' ? [] : [reference.series]));
  const measures = measuresFor(experiment.measures, new Set(named)).map((measure) =>
    measure.kind === 'sample' && pictures !== undefined ? { ...measure, pictures } : measure,
  );
  const needed = new Set(measures.flatMap((measure) => ('model' in measure ? [measure.model] : [])));
  const models = Object.entries(experiment.models)
    .filter(([model]) => needed.has(model))
    .map(([model, words]) => [model, { ...words, training: training ?? words.training, again: change }] as const);
  return {
    ...experiment,
    ...{ id: `${experiment.id}-${name}`, minutes, measures, findings },
    title: `again with ${title}`,
    models: Object.fromEntries(models),
    variations: {},
  };
}

/** All variations of an experiment, by name. */
export const variationsOf = (experiment: Experiment): Map<string, Experiment> =>
  new Map(Object.keys(experiment.variations).map((name) => [name, variationOf(experiment, name)]));
