/**
 * The results of an experiment: its own, and those of its variations. A result counts only as long as it belongs to the
 * models that the experiment now describes; otherwise it counts as not run.
 */
import type { Catalogue } from '../../experiment/catalogue.ts';
import type { Experiment } from '../../experiment/experiment.ts';
import { planModel } from '../../experiment/plan.ts';
import type { ReportEntry } from '../../experiment/report/page.ts';
import { decodeResult, type ExperimentResult } from '../../experiment/result.ts';
import { saidOf } from '../../experiment/said.ts';
import { variationsOf } from '../../experiment/variation.ts';
import type { Store } from '../store.ts';
import { keyOf, resultName } from './place.ts';

async function isOf(experiment: Experiment, { models }: ExperimentResult, { settings }: Catalogue): Promise<boolean> {
  for (const name of Object.keys(experiment.models)) {
    if (models[name]?.key !== (await keyOf(planModel(experiment, name, settings).identity))) return false;
  }
  return true;
}

/**
 * Reads the results of an experiment and of its variations, judged by the current findings.
 *
 * @param results a store of ID.json
 * @param titleOf returns the title of a name in the store
 * @throws RddmError with the first file that is not a result
 */
export async function readEntry(
  experiment: Experiment,
  catalogue: Catalogue,
  results: Pick<Store, 'read'>,
  titleOf: (name: string) => string = String,
): Promise<ReportEntry> {
  const read = async (one: Experiment): Promise<ExperimentResult | undefined> => {
    const name = resultName(one.id);
    const bytes = await results.read(name);
    if (!bytes) return undefined;
    const result = decodeResult(bytes, titleOf(name));
    if (!(await isOf(one, result, catalogue))) return undefined;
    return { ...result, ...saidOf(one, result.series, catalogue) };
  };
  const again = new Map<string, ExperimentResult>();
  for (const [name, variation] of variationsOf(experiment)) {
    const result = await read(variation);
    if (result) again.set(name, result);
  }
  return { experiment, result: await read(experiment), again };
}
