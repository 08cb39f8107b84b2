/**
 * `npm run costs -- [--write] [--json FILE] [--from FILE …]`: times 3×3 convolutions in both forms, fits the costs by
 * which lowering chooses, and says how well they choose. Meaningful only on an idle machine; takes some three minutes.
 * Writes nothing but, on request, FILE and src/onnx/convolution-costs.ts.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { readBytes, writeFileAtomic } from '../src/adapters/node/files/files.ts';
import { wholeNumber } from '../src/cli/arguments.ts';
import { abortSignal } from '../src/cli/context.ts';
import { type Column, createProgress, formatJson, printTable } from '../src/cli/output.ts';
import { run } from '../src/cli/run.ts';
import { expected } from '../src/math/errors.ts';
import { showShape } from '../src/math/shape.ts';
import { type ConvolutionForm, convolutionForms } from '../src/onnx/convolution-cost.ts';
import { measuredCosts } from '../src/onnx/convolution-costs.ts';
import { costFile } from './cost-file.ts';
import { bestOf, fitCosts, type Judged, judge, regret, type Timing } from './cost-fit.ts';
import { type CostCase, costGrid } from './cost-grid.ts';
import { timeForms } from './cost-timing.ts';
import { describeMachine, isBusy, type Machine } from './machine.ts';

interface Flags {
  readonly write?: true;
  readonly json?: string;
  readonly from?: readonly string[];
  readonly passes: number;
  readonly rounds: number;
}

/** The measurements, which --json writes together with what follows from them. */
interface Measured {
  readonly machine: Machine;
  /** ISO 8601. */
  readonly date: string;
  readonly timings: readonly Timing[];
}

const FORMAT = 'rddm-costs';
const tablePath = fileURLToPath(new URL('../src/onnx/convolution-costs.ts', import.meta.url));
const say = (sentence: string): void => console.error(`costs: ${sentence}`);

/** Times the whole grid, pass after pass. */
async function measure(grid: readonly CostCase[], { passes, rounds }: Flags): Promise<Timing[]> {
  const measured: Timing[][] = [];
  const progress = createProgress('costs', passes * grid.length, { unit: 'case' });
  for (let pass = 0; pass < passes; pass++) {
    const timings: Timing[] = [];
    for (const what of grid) {
      abortSignal().throwIfAborted();
      timings.push({ ...what, seconds: await timeForms(what, rounds) });
      progress.update(pass * grid.length + timings.length);
    }
    measured.push(timings);
  }
  progress.end();
  return bestOf(measured);
}

const milliseconds = (title: string, value: (row: Judged) => number): Column<Judged> => ({
  title,
  value: (row) => 1000 * value(row),
});

const columns: readonly Column<Judged>[] = [
  { title: 'computes', value: ({ side }) => side },
  { title: 'image', value: ({ sizes }) => showShape(sizes.image) },
  { title: 'result', value: ({ sizes }) => showShape(sizes.result) },
  milliseconds('direct ms', ({ seconds }) => seconds.direct),
  milliseconds('predicted', ({ predicted }) => predicted.direct),
  milliseconds('winograd ms', ({ seconds }) => seconds.winograd),
  milliseconds('predicted', ({ predicted }) => predicted.winograd),
  { title: 'chosen', value: ({ chosen }) => chosen },
  milliseconds('lost ms', ({ lost }) => lost),
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The typical relative error of the predictions. */
const errorOf = (rows: readonly Judged[], form: ConvolutionForm): number =>
  Math.sqrt(
    rows.reduce((sum, { predicted, seconds }) => sum + (predicted[form] / seconds[form] - 1) ** 2, 0) / rows.length,
  );

const measuredOn = ({ processor, threads, node, onnxruntime }: Machine, date: string): string =>
  `${processor}, ${threads} threads, Node ${node.slice(1)}, onnxruntime ${onnxruntime}, ${date.slice(0, 10)}.`;

async function readMeasured(file: string): Promise<Measured> {
  const given = JSON.parse(new TextDecoder().decode(await readBytes(file, 'costs')));
  if (given?.format === FORMAT) return given;
  throw expected('costs', 'a file written by --json', file);
}

/** The measurements, new or from files. */
async function timingsOf(flags: Flags): Promise<Measured> {
  if (flags.from) {
    const given = await Promise.all(flags.from.map(readMeasured));
    return { ...given[given.length - 1], timings: bestOf(given.map(({ timings }) => timings)) };
  }
  const machine = describeMachine();
  const date = new Date().toISOString();
  if (isBusy(machine)) {
    say(`this machine has other work (load ${machine.load_before.toFixed(1)}): the costs are unreliable`);
  }
  return { machine, date, timings: await measure(costGrid, flags) };
}

async function costs(flags: Flags): Promise<void> {
  const { machine, date, timings } = await timingsOf(flags);
  const fitted = fitCosts(timings);
  const rows = judge(fitted, timings);
  const regrets = {
    fitted: regret(timings, (timing) => rows[timings.indexOf(timing)].chosen),
    direct: regret(timings, () => 'direct'),
    winograd: regret(timings, () => 'winograd'),
  };

  printTable(rows, columns);
  console.log(`\n${measuredOn(machine, date)} Nanoseconds per unit of work: ${JSON.stringify(fitted)}`);
  const errors = convolutionForms.map((form) => `${form} ${percent(errorOf(rows, form))}`);
  console.log(`Predictions are off by (root of the mean square): ${errors.join(', ')}.`);
  console.log(
    `Slower than the faster form each time: ${percent(regrets.fitted)} as chosen, ${percent(regrets.direct)} all direct, ${percent(regrets.winograd)} all Winograd.`,
  );
  if (flags.json !== undefined) {
    const report = { format: FORMAT, version: 1, machine, date, costs: fitted, regrets, timings };
    await writeFileAtomic(flags.json, new TextEncoder().encode(formatJson(report)));
  }
  if (flags.write) {
    const text = costFile({ ...measuredCosts, cpu: fitted }, measuredOn(machine, date));
    await writeFileAtomic(tablePath, new TextEncoder().encode(text));
    say(`wrote ${tablePath}`);
  }
}

const program = new Command('costs')
  .description('Measures what convolutions cost in their two forms, to choose between them.')
  .option('--write', 'write the costs to src/onnx/convolution-costs.ts')
  .option('--json <file>', 'also write every timing to a file')
  .option('--from <files...>', 'measure nothing: fit to the best timings that --json wrote on this machine')
  .option('--passes <number>', 'how often to go through all sizes; the best pass counts', wholeNumber(1), 3)
  .option('--rounds <number>', 'turns of each form per pass; the median counts', wholeNumber(1), 3)
  .exitOverride()
  .action(costs);
await run(program, process.argv);
