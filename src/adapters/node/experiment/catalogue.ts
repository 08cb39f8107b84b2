/**
 * The experiments that the package brings: experiments/*.json, and the settings that they share in
 * experiments/settings/*.json.
 */
import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { z } from 'zod';
import { type Experiment, experimentSchema, type Setting, settingSchema } from '../../../experiment/experiment.ts';
import { planModel, settingOf } from '../../../experiment/plan.ts';
import { variationsOf } from '../../../experiment/variation.ts';
import { expected } from '../../../math/errors.ts';
import { validated } from '../../../math/validate.ts';
import { fileError } from '../files/file-error.ts';
import { readJson } from '../files/json-file.ts';
import { inPackage } from '../package-root.ts';

/** All experiments, tables before figures before the others, each by number, and the settings by name. */
export interface Catalogue {
  readonly experiments: readonly Experiment[];
  readonly settings: ReadonlyMap<string, Setting>;
}

/** Tables, then figures, then what has no number in the paper. */
const rank = ({ id }: Experiment): number => (id.startsWith('table') ? 0 : id.startsWith('figure') ? 1 : 2);
const byNumber = new Intl.Collator('en', { numeric: true });
const inOrder = (a: Experiment, b: Experiment): number => rank(a) - rank(b) || byNumber.compare(a.id, b.id);

/** The JSON files of a folder, validated, by name without extension. */
async function readAll<S extends z.ZodType>(folder: string, schema: S): Promise<Map<string, z.output<S>>> {
  const names = await readdir(folder).catch((error) => {
    throw fileError('experiment', 'a folder of JSON files', folder, error);
  });
  const read = names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map(async (name) => {
      const path = join(folder, name);
      return [parse(name).name, validated(schema, await readJson(path, 'experiment'), path)] as const;
    });
  return new Map(await Promise.all(read));
}

/**
 * Reads and checks all experiments: each model is a valid training configuration, each setting is there.
 *
 * @throws RddmError with the first file that is wrong, and how
 */
export async function readCatalogue(folder: string = inPackage('experiments')): Promise<Catalogue> {
  const settings = await readAll(join(folder, 'settings'), settingSchema);
  const byName = await readAll(folder, experimentSchema);
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
  throw expected('experiment', `one of ${there}, or a variation`, id, 'see rddm experiment list --again');
}
