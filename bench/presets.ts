/**
 * `npm run presets`: the cost of training each preset at full size: memory and seconds per step, measured on real steps
 * with random pictures, and the days for all steps. Presets run one after the other, each in its own process. If the
 * pictures of a step do not fit at once, the gradient is accumulated over smaller parts, which is the same step.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command, Option } from 'commander';
import { wholeNumber } from '../src/cli/arguments.ts';
import { createProgress, formatJson, printTable } from '../src/cli/output.ts';
import { run } from '../src/cli/run.ts';
import { presetNames } from '../src/cli/train-configuration.ts';
import { describeMachine, isBusy } from './machine.ts';
import type { PresetCost } from './preset-cost.ts';

interface Flags {
  readonly only?: string[];
  readonly steps: number;
  readonly json?: string;
}

const child = fileURLToPath(new URL('./presets-child.ts', import.meta.url));

async function measure(preset: string, steps: number): Promise<PresetCost> {
  const args = ['--import', import.meta.resolve('tsx'), child, preset, String(steps)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

const SECONDS_A_DAY = 24 * 60 * 60;

async function measureAll({ only, steps, json }: Flags): Promise<void> {
  const machine = describeMachine();
  const names = only ?? presetNames();
  const costs: PresetCost[] = [];
  const progress = createProgress('measuring', names.length);
  try {
    for (const [done, name] of names.entries()) {
      progress.update(done, name);
      costs.push(await measure(name, steps));
    }
    progress.update(names.length);
  } finally {
    progress.end();
  }
  const date = new Date().toISOString().slice(0, 10);
  if (json !== undefined) writeFileSync(json, formatJson({ format: 'rddm-presets', version: 1, date, machine, costs }));
  printTable(costs, [
    { title: 'preset', value: ({ preset }) => preset },
    { title: 'parameters (M)', value: ({ parameters }) => parameters / 1e6 },
    { title: 'multiply-adds per picture (G)', value: ({ multiplyAdds }) => multiplyAdds / 1e9, digits: 1 },
    { title: 'size', value: ({ size }) => String(size) },
    { title: 'pictures a step', value: ({ part, parts }) => `${part * parts} as ${parts} x ${part}` },
    { title: 'peak memory (GB)', value: ({ peakBytes }) => peakBytes / 1e9 },
    { title: 's a step', value: ({ secondsAStep }) => secondsAStep, digits: 1 },
    { title: 'steps', value: (cost) => String(cost.steps) },
    { title: 'days', value: (cost) => (cost.secondsAStep * cost.steps) / SECONDS_A_DAY },
  ]);
  const { processor, threads, node, onnxruntime } = machine;
  process.stdout.write(`\n${processor}, ${threads} threads, Node ${node}, onnxruntime ${onnxruntime}, ${date}\n`);
  process.stdout.write('A step is an optimiser step; days are its seconds times all steps of the preset.\n');
  if (isBusy(machine)) process.stdout.write('The machine had other work, so the times are too long.\n');
}

const program = new Command('presets')
  .description('Measures a step of each preset at its full size.')
  .addOption(new Option('--only <preset...>', 'only these').choices(presetNames()))
  .addOption(new Option('--steps <n>', 'steps to take; the last is measured').default(1).argParser(wholeNumber(1)))
  .option('--json <file>', 'also write the figures to a file')
  .exitOverride()
  .action(measureAll);
await run(program, process.argv);
