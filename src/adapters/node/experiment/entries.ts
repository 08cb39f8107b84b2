/**
 * What there is of an experiment in a folder of results: its own, and those of its variations. A result counts only as
 * long as it is of the models that its words name now; of other models it is as if it had not been run.
 */
import { existsSync } from 'node:fs';
import type { Experiment } from '../../../experiment/experiment.ts';
import { planModel } from '../../../experiment/plan.ts';
import type { ReportEntry } from '../../../experiment/report/page.ts';
import type { ExperimentResult } from '../../../experiment/result.ts';
import { variationsOf } from '../../../experiment/variation.ts';
import type { Catalogue } from './catalogue.ts';
import { keyOf, resultFile } from './place.ts';
import { readResult, saidOf } from './result-file.ts';

const isOf = (experiment: Experiment, { models }: ExperimentResult, { settings }: Catalogue): boolean =>
  Object.keys(experiment.models).every(
    (name) => models[name]?.key === keyOf(planModel(experiment, name, settings).identity),
  );

/**
 * Reads the results of an experiment and of its variations, judged by the findings as they are now.
 *
 * @param results a folder of ID.json
 * @throws RddmError with the first file that is no result
 */
export async function readEntry(experiment: Experiment, catalogue: Catalogue, results: string): Promise<ReportEntry> {
  const read = async (one: Experiment): Promise<ExperimentResult | undefined> => {
    const path = resultFile(results, one.id);
    if (!existsSync(path)) return undefined;
    const result = await readResult(path);
    if (!isOf(one, result, catalogue)) return undefined;
    return { ...result, ...saidOf(one, result.series, catalogue) };
  };
  const again = new Map<string, ExperimentResult>();
  for (const [name, variation] of variationsOf(experiment)) {
    const result = await read(variation);
    if (result) again.set(name, result);
  }
  return { experiment, result: await read(experiment), again };
}
