/**
 * What is said about the figures of an experiment, the findings and the sentences about the data: it follows from the
 * figures as they were measured and from the words of the experiment as they are now.
 */
import type { Catalogue } from './catalogue.ts';
import type { Experiment } from './experiment.ts';
import { judge } from './finding.ts';
import { settingOf } from './plan.ts';
import type { ExperimentResult } from './result.ts';

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
