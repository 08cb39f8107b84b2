/** All experiments and the settings that they share, checked against each other. */
import { expected } from '../math/errors.ts';
import type { Experiment, Setting } from './experiment.ts';
import { planModel, settingOf } from './plan.ts';
import { variationsOf } from './variation.ts';

/** All experiments, tables before figures before the others, each by number, and the settings by name. */
export interface Catalogue {
  readonly experiments: readonly Experiment[];
  readonly settings: ReadonlyMap<string, Setting>;
}

/** Tables, then figures, then what has no number in the paper. */
const rank = ({ id }: Experiment): number => (id.startsWith('table') ? 0 : id.startsWith('figure') ? 1 : 2);
const byNumber = new Intl.Collator('en', { numeric: true });
const inOrder = (a: Experiment, b: Experiment): number => rank(a) - rank(b) || byNumber.compare(a.id, b.id);

/**
 * Checks all experiments: each model is a valid training configuration, each setting is there.
 *
 * @param byName the experiments by the names of their files, without extension
 * @throws RddmError with the first file that is wrong, and how
 */
export function catalogueOf(
  byName: ReadonlyMap<string, Experiment>,
  settings: ReadonlyMap<string, Setting>,
): Catalogue {
  const ids = new Set(byName.keys());
  for (const [name, experiment] of byName) {
    if (name !== experiment.id)
      throw expected(`${name}.json`, `the id "${name}", as its file is called`, experiment.id);
    const identityOf = (one: Experiment, model: string): string => planModel(one, model, settings).identity;
    const own = new Map(Object.keys(experiment.models).map((model) => [model, identityOf(experiment, model)]));
    for (const [variation, one] of variationsOf(experiment)) {
      if (ids.has(one.id)) throw expected(`${name}.json`, 'ids that no other experiment has', one.id);
      ids.add(one.id);
      if (experiment.variations[variation].pictures !== undefined) continue;
      for (const model of Object.keys(one.models)) {
        if (identityOf(one, model) !== own.get(model)) continue;
        throw expected(`${name}.json, variation ${variation}`, 'other settings for every model', `none for ${model}`);
      }
    }
    for (const measure of experiment.measures) {
      if ('setting' in measure) settingOf(settings, measure.setting, name);
    }
  }
  return { experiments: [...byName.values()].sort(inOrder), settings };
}

/** The experiment, or the variation of one, of an id. */
export function experimentOf({ experiments }: Catalogue, id: string): Experiment {
  const found = experiments.find((experiment) => experiment.id === id);
  if (found) return found;
  for (const experiment of experiments) {
    for (const variation of variationsOf(experiment).values()) if (variation.id === id) return variation;
  }
  const there = experiments.map((one) => one.id).join(', ');
  throw expected('experiment', `one of ${there}, or a variation`, id, 'see the list with its variations');
}
