/**
 * Results as files. Figures are kept as they were measured; what is said about them, the findings and the sentences
 * about the data, follows from figures and from the words of the experiment as they are now.
 */
import type { Experiment } from '../../../experiment/experiment.ts';
import { judge } from '../../../experiment/finding.ts';
import { settingOf } from '../../../experiment/plan.ts';
import { type ExperimentResult, resultSchema } from '../../../experiment/result.ts';
import { validated } from '../../../math/validate.ts';
import { writeFileAtomic } from '../files/files.ts';
import { readJson } from '../files/json-file.ts';
import type { Catalogue } from './catalogue.ts';

/** JSON with the numbers that JSON lacks as words, and the others in seven digits, which is all that float32 has. */
const plain = (_: string, value: unknown): unknown =>
  typeof value !== 'number' ? value : Number.isFinite(value) ? Number(value.toPrecision(7)) : String(value);

/** Reads a result. @throws RddmError when it is none */
export const readResult = async (path: string): Promise<ExperimentResult> =>
  validated(resultSchema, await readJson(path, 'experiment'), path);

/** Writes a result; the same bytes for one that was read. */
export const writeResult = (path: string, result: ExperimentResult): Promise<void> =>
  writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(result, plain)}\n`));

/** The sentences about the data of all settings that an experiment works with. */
function dataOf({ id, models, measures }: Experiment, { settings }: Catalogue): Record<string, string> {
  const named = [
    ...Object.values(models).map(({ setting }) => setting),
    ...measures.flatMap((measure) => ('setting' in measure ? [measure.setting] : [])),
  ];
  return Object.fromEntries(
    named.map((name) => {
      const { title, data } = settingOf(settings, name, id);
      return [title, data];
    }),
  );
}

/** What is said about the figures of an experiment. */
export const saidOf = (
  experiment: Experiment,
  series: ExperimentResult['series'],
  catalogue: Catalogue,
): Pick<ExperimentResult, 'data' | 'findings'> => ({
  data: dataOf(experiment, catalogue),
  findings: experiment.findings.map((finding) => judge(finding, series)),
});
