/**
 * An experiment once more, with other settings: how a finding that did not show is looked into. More steps, another
 * seed, the optimiser of the published code: what differs is laid over every model that the finding needs, and only what
 * it needs is trained and measured.
 */
import { expected } from '../math/errors.ts';
import { merged } from './canonical.ts';
import type { Experiment, Measure } from './experiment.ts';

/** The measures of these series, and those that they are compared with, in their order. */
function measuresFor(measures: readonly Measure[], series: ReadonlySet<string>): Measure[] {
  const needed = new Set(series);
  // Backwards: a series is compared with an earlier one.
  for (const measure of [...measures].reverse()) {
    if (measure.kind === 'sample' && measure.to !== undefined && needed.has(measure.series)) needed.add(measure.to);
  }
  return measures.filter((measure) => needed.has(measure.series));
}

/**
 * The experiment of a variation, complete in itself; its id is the experiment's and the variation's name.
 *
 * @throws RddmError when a model that its findings need has a setting that the variation does not change
 */
export function variationOf(experiment: Experiment, name: string): Experiment {
  const { id, title, minutes, changes } = { id: `${experiment.id}-${name}`, ...experiment.variations[name] };
  const findings = experiment.findings
    .filter(({ again }) => again.includes(name))
    .map((finding) => ({ ...finding, again: [], note: undefined }));
  const named = findings
    .flatMap(({ tests }) => tests.flatMap(({ left, right }) => [left, right]))
    .flatMap((reference) => (typeof reference === 'number' ? [] : [reference.series]));
  const measures = measuresFor(experiment.measures, new Set(named));
  const models = new Set(measures.flatMap((measure) => ('model' in measure ? [measure.model] : [])));
  const changed = Object.entries(experiment.models)
    .filter(([model]) => models.has(model))
    .map(([model, { setting, change }]) => {
      if (!(setting in changes)) {
        throw expected(`experiment ${id}`, `changes of the setting "${setting}"`, Object.keys(changes).join(', '));
      }
      return [model, { setting, change: merged(change, changes[setting]) as typeof change }] as const;
    });
  return {
    ...experiment,
    ...{ id, minutes, measures, findings },
    title: `${experiment.title}: ${title}`,
    models: Object.fromEntries(changed),
    variations: {},
  };
}

/** All variations of an experiment, by name. */
export const variationsOf = (experiment: Experiment): Map<string, Experiment> =>
  new Map(Object.keys(experiment.variations).map((name) => [name, variationOf(experiment, name)]));
