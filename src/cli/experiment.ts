/**
 * `rddm experiment`: the paper's tables and figures as experiments at a size for two cores. `list` shows them, `run`
 * runs them, `report` makes one page of all results.
 */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCatalogue } from '../adapters/node/experiment/catalogue.ts';
import { experimentFolder, experimentMeans } from '../adapters/node/experiment/experiment-folder.ts';
import { folderStore } from '../adapters/node/files/folder-store.ts';
import { describeMachine } from '../adapters/node/machine.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { type Catalogue, experimentOf } from '../experiment/catalogue.ts';
import type { Experiment } from '../experiment/experiment.ts';
import { conclude } from '../experiment/finding.ts';
import { planModel } from '../experiment/plan.ts';
import { variationsOf } from '../experiment/variation.ts';
import { expected } from '../math/errors.ts';
import { readEntry } from '../operations/experiment/entries.ts';
import { resultsName } from '../operations/experiment/place.ts';
import { type ExperimentEvent, runExperiment } from '../operations/experiment/run-experiment.ts';
import { isTrained } from '../operations/experiment/trained-models.ts';
import { abortSignal } from './context.ts';
import { registerExperimentReport } from './experiment-report.ts';
import { createProgress, formatDuration, type Progress, printJson, printTable } from './output.ts';
import { isFolder } from './paths.ts';

const defaultOut = 'runs/experiments';

interface ListFlags {
  readonly out: string;
  readonly again?: true;
  readonly json?: true;
}

interface RunFlags {
  readonly data: string;
  readonly out: string;
  readonly all?: true;
}

/** `2 of 3 trained`, or the outcomes of the findings. */
async function stateOf(experiment: Experiment, catalogue: Catalogue, out: string): Promise<string> {
  const results = join(out, resultsName);
  const at = (name: string): string => join(results, name);
  const { result, again } = await readEntry(experiment, catalogue, folderStore(results), at);
  if (result) return experiment.findings.map((one) => conclude(one, result.series, again).conclusion).join(', ');
  const { settings } = catalogue;
  const names = Object.keys(experiment.models);
  const place = experimentFolder(out);
  const trained = await Promise.all(names.map((name) => isTrained(planModel(experiment, name, settings), place)));
  const count = trained.filter(Boolean).length;
  return count === 0 ? 'not begun' : `${count} of ${names.length} models trained`;
}

async function list({ out, again, json }: ListFlags): Promise<void> {
  const catalogue = await readCatalogue();
  const listed = catalogue.experiments.flatMap((one) => (again ? [one, ...variationsOf(one).values()] : [one]));
  const rows = await Promise.all(
    listed.map(async (experiment) => {
      const { id, title, source, minutes, models } = experiment;
      const state = await stateOf(experiment, catalogue, out);
      return { id, title, source, minutes, models: Object.keys(models).length, state };
    }),
  );
  if (json) return printJson(rows);
  printTable(rows, [
    { title: 'id', value: ({ id }) => id },
    { title: 'source', value: ({ source }) => source },
    { title: 'title', value: ({ title }) => title },
    { title: 'min', value: ({ minutes }) => minutes, digits: 0 },
    { title: 'state', value: ({ state }) => state },
  ]);
}

/** Shows a run's progress: one line per training and one per sampled series. */
function createDisplay() {
  let label = '';
  let progress: Progress | undefined;
  const show = (next: string, total: number, start: number, unit: string): Progress => {
    if (next !== label || !progress) {
      progress?.end();
      progress = createProgress(next, total, { start, unit });
      label = next;
    }
    return progress;
  };
  return {
    tell(id: string, event: ExperimentEvent): void {
      if (event.kind === 'training') {
        const { model, step, steps, loss } = event;
        show(`${id}: training ${model}`, steps, step - 1, 'step').update(step, `loss ${loss.toFixed(4)}`);
      } else if (event.kind === 'sampling') {
        const { series, done, of } = event;
        show(`${id}: sampling ${series}`, of, 0, 'picture').update(done);
      }
    },
    end(): void {
      progress?.end();
      progress = undefined;
    },
  };
}

async function runExperiments(ids: readonly string[], { data, out, all }: RunFlags): Promise<void> {
  if (ids.length > 0 === (all === true)) {
    throw expected('experiment', 'ids of experiments, or --all', ids.length > 0 ? 'both' : 'neither');
  }
  if (!(await isFolder(data)))
    throw expected('experiment', 'a folder with the data', data, 'see experiments/README.md');
  const catalogue = await readCatalogue();
  const chosen = all ? catalogue.experiments : ids.map((id) => experimentOf(catalogue, id));
  const runtime = openRuntime('cpu');
  const display = createDisplay();
  try {
    for (const experiment of chosen) {
      const began = Date.now();
      const run = { experiment, catalogue, machine: describeMachine(), runtime, signal: abortSignal() };
      for await (const event of runExperiment({ ...experimentMeans(data, out), ...run })) {
        display.tell(experiment.id, event);
        if (event.kind !== 'finished') continue;
        display.end();
        process.stdout.write(
          `${experiment.id} in ${formatDuration((Date.now() - began) / 1000)}: ${join(out, event.name)}\n`,
        );
        for (const { claim, outcome, reasons } of event.result.findings) {
          process.stdout.write(`  ${outcome}: ${claim}\n${reasons.map((reason) => `    ${reason}\n`).join('')}`);
        }
      }
    }
  } finally {
    display.end();
    await runtime.close();
  }
}

const help = `
Models are trained once and shared: each is stored in OUT/models, named by its configuration. Ctrl-C stops at the next
step; the same command continues from there.

Examples:
  $ rddm experiment list                               all experiments, their times and outcomes
  $ rddm experiment run table-1 --data data            trains missing models, measures, judges
  $ rddm experiment run --all --data data
  $ rddm experiment run table-1-rain-longer --data data  one finding of table 1 again, with three times the steps
  $ rddm experiment report --out report.html           all results beside the paper's figures, in one page`;

/** Adds `rddm experiment` to the program. */
export function registerExperiment(program: Command): void {
  const group = program
    .command('experiment')
    .summary("the paper's tables and figures, at a small size")
    .description("The paper's tables and figures as experiments for two cores: list, run, report.")
    .addHelpText('after', help);
  group
    .command('list')
    .description('all experiments, their times and outcomes')
    .option('-o, --out <dir>', 'folder of models and results', defaultOut)
    .option('--again', 'also the variations that look into findings that did not show')
    .option('--json', 'print JSON instead of a table')
    .action(list);
  group
    .command('run')
    .description('train missing models, measure, judge')
    .argument('[ids...]', 'experiments and variations, as in list --again')
    .requiredOption('--data <dir>', 'folder with the picture folders named in experiments/settings')
    .option('-o, --out <dir>', 'folder of models and results', defaultOut)
    .option('--all', 'every experiment')
    .action(runExperiments);
  registerExperimentReport(group, defaultOut);
}
