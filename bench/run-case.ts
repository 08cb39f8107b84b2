/**
 * Measures one case: starts a child for us and one for every peer, checks that they compute the same, and lets them
 * take turns, so that disturbances on the machine affect all of them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from './cases.ts';
import { type Child, type ChildCommand, startChild, tsxCommand } from './child.ts';
import { BROWSER_TOLERANCE, compareOutputs } from './compare-outputs.ts';
import { readTensors } from './network.ts';
import type { Peer } from './peer.ts';
import { type Summary, summarise } from './statistics.ts';
import { isBrowserTask, isNetworkTask, type Task } from './task.ts';

/** The measurements of one implementation. */
export interface Measured extends Summary {
  readonly name: string;
  /** Seconds from the start of its process until it was ready. */
  readonly load_s: number;
  readonly peak_rss_mb: number;
}

/** A measured case; absent and failed peers are listed separately. */
export interface MeasuredCase {
  readonly case: Case;
  readonly ours: Measured;
  readonly peers: readonly Measured[];
  /** Peers that could not be measured, and why. */
  readonly failures: readonly string[];
  /** Peers that this machine lacks, and what would help. */
  readonly skipped: readonly string[];
}

export interface RunOptions {
  readonly rounds: number;
  readonly peers: readonly Peer[];
  /** Stops everything, and the case fails. */
  readonly signal?: AbortSignal | undefined;
  /** Reports progress to the user. */
  say(sentence: string): void;
}

/** The child for our side of a task. */
const ownChildren: Readonly<Record<Task['kind'], string>> = {
  inference: 'network',
  training: 'network',
  product: 'product',
  restore: 'restore',
  loader: 'loader',
  browser: 'browser',
  convolutions: 'browser',
  session: 'session',
};

/** Runs before the counted ones: the first ones touch fresh memory. */
const WARM_UPS = 2;
/** The pause between two turns: threads spin a little before they sleep. */
const PAUSE_MS = 100;

interface Contestant {
  readonly name: string;
  readonly child: Child;
  readonly loadSeconds: number;
  readonly timings: number[];
}

function ownCommand(kind: Task['kind'], folder: string): ChildCommand {
  // Its own cache, empty at first: earlier runs on this machine must not matter.
  const env = { ...process.env, RDDM_CACHE: join(folder, 'cache') };
  return { ...tsxCommand(new URL(`./ours/${ownChildren[kind]}.ts`, import.meta.url)), env };
}

async function enter(
  name: string,
  command: ChildCommand,
  task: Task,
  folder: string,
  signal?: AbortSignal,
): Promise<Contestant> {
  const began = performance.now();
  // Anything a stopped child leaves behind (a browser's profile) is removed with the folder.
  const env = { ...(command.env ?? process.env), TMPDIR: folder };
  const child = startChild(name, { ...command, env }, { signal });
  try {
    await child.ask({ do: 'load', task, threads: availableParallelism() });
  } catch (error) {
    await child.end();
    throw error;
  }
  return { name, child, loadSeconds: (performance.now() - began) / 1000, timings: [] };
}

async function outputsOf({ name, child }: Contestant, folder: string) {
  const file = join(folder, `output of ${name}.safetensors`);
  await child.ask({ do: 'check', file });
  return readTensors(file);
}

/** Lets them run in turn; a failing peer is ended and reported, and the others continue. */
async function takeTurns(contestants: readonly Contestant[], rounds: number, failed: (why: string) => void) {
  let left = [...contestants];
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const contestant of left) {
      await pause(PAUSE_MS);
      try {
        const { seconds } = await contestant.child.ask({ do: 'run' });
        if (round >= 0) contestant.timings.push(seconds ?? Number.NaN);
      } catch (error) {
        if (contestant === contestants[0]) throw error;
        failed((error as Error).message);
        await contestant.child.end();
        left = left.filter((other) => other !== contestant);
      }
    }
  }
  return left;
}

async function measured({ name, child, loadSeconds, timings }: Contestant): Promise<Measured> {
  const { peak_rss_mb = Number.NaN } = await child.ask({ do: 'memory' });
  return { name, ...summarise(timings), load_s: loadSeconds, peak_rss_mb };
}

/**
 * Measures a case.
 *
 * @throws RddmError if our own side fails; a peer's failure is part of the result
 */
export async function runCase(what: Case, { rounds, peers, signal, say }: RunOptions): Promise<MeasuredCase> {
  const folder = await mkdtemp(join(tmpdir(), 'rddm-bench-'));
  const contestants: Contestant[] = [];
  const failures: string[] = [];
  const skipped: string[] = [];
  const fail = (why: string): void => void failures.push(`${what.name}: ${why}`);
  try {
    const task = await what.prepare(folder, say);
    const ours = await enter('ours', ownCommand(task.kind, folder), task, folder, signal);
    contestants.push(ours);
    const ownOutputs = isNetworkTask(task) || isBrowserTask(task) ? await outputsOf(ours, folder) : {};
    for (const peer of peers.filter(({ runs }) => runs(task))) {
      const command = await peer.find();
      if (typeof command === 'string') {
        skipped.push(`${what.name}: ${peer.name} is skipped: ${command}`);
        say(skipped[skipped.length - 1]);
        continue;
      }
      let entered: Contestant | undefined;
      try {
        entered = await enter(peer.name, command, task, folder, signal);
        const tolerance = isBrowserTask(task) ? BROWSER_TOLERANCE : undefined;
        const difference = compareOutputs(peer.name, ownOutputs, await outputsOf(entered, folder), tolerance);
        const outputs = Object.keys(ownOutputs).join(' and ');
        say(`${what.name}: ${outputs} of ${peer.name} equal ours, relative difference ${difference.toExponential(1)}`);
        contestants.push(entered);
      } catch (error) {
        await entered?.child.end();
        fail((error as Error).message);
      }
    }
    const left = await takeTurns(contestants, rounds, fail);
    const [own, ...others] = await Promise.all(left.map(measured));
    return { case: what, ours: own, peers: others, failures, skipped };
  } finally {
    for (const { child } of contestants) await child.end();
    // A stopped browser may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
