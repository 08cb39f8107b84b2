/**
 * `npm run bench -- [--only WORD,WORD] [--rounds N] [--json [FILE]] [--list] [--profile CASE]`: our speed, memory, and
 * distance from the machine's ceiling, compared with the installed peers. Figures are meaningful only on an idle
 * machine. Writes only FILE, and compiles dist again if it is stale.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomic } from '../src/adapters/node/files/files.ts';
import { wholeNumber } from '../src/cli/arguments.ts';
import { abortSignal } from '../src/cli/context.ts';
import { formatJson, printJson, printTable } from '../src/cli/output.ts';
import { run } from '../src/cli/run.ts';
import { expected } from '../src/math/errors.ts';
import { type Case, cases, casesNamed, ceilingName } from './cases.ts';
import { describeMachine, isBusy } from './machine.ts';
import { peers } from './peers.ts';
import { profileCase } from './profile.ts';
import { printProfile } from './profile-report.ts';
import { columns, reportOf, rowsOf } from './report.ts';
import { type MeasuredCase, runCase } from './run-case.ts';

interface Flags {
  readonly only: readonly string[];
  readonly rounds: number;
  /** True without a file: prints it. */
  readonly json?: string | true;
  readonly list?: true;
  readonly profile?: string;
}

const say = (sentence: string): void => console.error(`bench: ${sentence}`);

/** The chosen cases, and the ceiling if one of them is compared with it. */
function chosenCases(words: readonly string[]): Case[] {
  const chosen = casesNamed(words);
  if (chosen.length === 0) {
    throw expected('bench', 'a word in the name of a case', words.join(', '), 'see npm run bench -- --list');
  }
  return chosen.some(({ multiplyAdds }) => multiplyAdds)
    ? cases.filter((one) => one.name === ceilingName || chosen.includes(one))
    : chosen;
}

async function measure({ only, rounds, json }: Flags): Promise<void> {
  const chosen = chosenCases(only);
  if (typeof json === 'string') await mkdir(dirname(json), { recursive: true });
  const machine = describeMachine();
  const date = new Date().toISOString();
  if (isBusy(machine)) {
    say(`this machine has other work (load ${machine.load_before.toFixed(1)}): the figures are unreliable`);
  }
  const measured: MeasuredCase[] = [];
  const failures: string[] = [];
  const skipped: string[] = [];
  for (const what of chosen) {
    const lack = what.lacks?.();
    if (lack !== undefined) {
      skipped.push(`${what.name} is skipped: ${lack}`);
      say(skipped[skipped.length - 1]);
      continue;
    }
    say(what.name);
    try {
      const result = await runCase(what, { rounds, peers, signal: abortSignal(), say });
      measured.push(result);
      failures.push(...result.failures);
      skipped.push(...result.skipped);
    } catch (error) {
      abortSignal().throwIfAborted();
      failures.push(`${what.name}: ${(error as Error).message}`);
    }
  }
  const report = reportOf(measured, { machine, date, rounds, failures, skipped });
  if (typeof json === 'string') await writeFileAtomic(json, new TextEncoder().encode(formatJson(report)));
  if (json === true) printJson(report);
  else {
    const { processor, threads, memory_gb: memory, node, onnxruntime } = machine;
    console.log(`${processor}, ${threads} threads, ${memory} GB; Node ${node}, onnxruntime ${onnxruntime}; ${date}`);
    printTable(report.cases.flatMap(rowsOf), columns);
  }
  for (const failure of failures) say(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

async function bench(flags: Flags): Promise<void> {
  if (flags.list) {
    printTable(casesNamed(flags.only), [
      { title: 'case', value: ({ name }) => name },
      { title: 'measures', value: ({ description }) => description },
    ]);
  } else if (flags.profile !== undefined) {
    printProfile(await profileCase(flags.profile, flags.rounds), flags.json === true);
  } else await measure(flags);
}

const program = new Command('bench')
  .description('Measures time and memory beside other implementations.')
  .option('--only <words>', 'cases whose names contain one of these words', (text) => text.split(','), [])
  .option('--rounds <number>', 'counted runs of each implementation', wholeNumber(1), 7)
  .option('--json [file]', 'all figures as JSON: written to a file, or printed instead of the table')
  .option('--list', 'list the cases and stop')
  .option('--profile <case>', "show where the time and bytes of a network's case go, by operator, layer and shape")
  .exitOverride()
  .action(bench);
await run(program, process.argv);
