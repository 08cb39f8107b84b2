/** Where the time of a case's runs goes: onnxruntime's own profile, in Node with the passes that follow its graph. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expected } from '../src/math/errors.ts';
import { openOnnxruntimePage } from './browser/onnxruntime.ts';
import { casesNamed } from './cases.ts';
import { profileStep } from './profile-step.ts';
import { type BrowserTask, type ConvolutionsTask, isBrowserTask, isNetworkTask, type Task } from './task.ts';
import { lastCalls, type RunProfile, type TraceEvent } from './trace.ts';

/** The name of what was profiled. */
export interface Profile extends RunProfile {
  readonly name: string;
}

/** The first runs are dominated by page faults. */
const WARM_UPS = 2;

/** In Chromium, without layers: the bytes that it gets do not name them. */
async function profileInBrowser(task: BrowserTask | ConvolutionsTask, runs: number): Promise<RunProfile> {
  const lines: string[] = [];
  const page = await openOnnxruntimePage(task, (line) => lines.push(line));
  try {
    const seconds = await page.call<number[]>('profile', WARM_UPS + runs);
    // Besides the profile, which begins with its own line, the console has onnxruntime's other messages.
    const events = JSON.parse(lines.slice(lines.indexOf('[')).join('')) as TraceEvent[];
    const counted = seconds.slice(WARM_UPS);
    const secondsPerRun = counted.reduce((sum, one) => sum + one) / runs;
    return { runs, calls: lastCalls(events, runs, () => 'network'), secondsPerRun };
  } finally {
    await page.close();
  }
}

/**
 * Profiles a task.
 *
 * @param folder where onnxruntime may write
 * @throws RddmError if it is a task of neither a network nor a browser
 */
export async function profileTask(task: Task, runs: number, folder: string): Promise<RunProfile> {
  if (isBrowserTask(task)) return profileInBrowser(task, runs);
  if (isNetworkTask(task)) return profileStep(task, WARM_UPS, runs, folder);
  throw expected('bench --profile', 'a case of a network', task.kind);
}

/**
 * Profiles a case.
 *
 * @param word in the name of exactly one case of a network or a browser, or its full name
 * @throws RddmError if there is no such case
 */
export async function profileCase(word: string, runs: number): Promise<Profile> {
  const found = casesNamed([word]).filter(({ kind }) => ['inference', 'training', 'browser'].includes(kind));
  const what = found.find(({ name }) => name === word) ?? found[0];
  const lack = what?.lacks?.();
  if (!what || lack !== undefined || (found.length > 1 && what.name !== word)) {
    const names = found.map(({ name }) => name).join(', ');
    throw expected('bench --profile', 'one case of a network', lack ?? (names || word), 'see npm run bench -- --list');
  }
  const folder = await mkdtemp(join(tmpdir(), 'rddm-profile-'));
  try {
    return { name: what.name, ...(await profileTask(await what.prepare(folder, () => {}), runs, folder)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
