/** Runs every golden case of a folder: the kind of each file, its outcome, and the line that counts them. */
import { join } from 'node:path';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { type Check, holds, type NotCovered, NotTestable } from './check.ts';
import { checkpointCase } from './checkpoint-case.ts';
import { coefficientsCase } from './coefficients-case.ts';
import { diffusersCase } from './diffusers-case.ts';
import { frechetCase } from './frechet-case.ts';
import { type GoldenFile, readGolden } from './golden-file.ts';
import { inceptionCase } from './inception-case.ts';
import { lpipsCase } from './lpips-case.ts';
import { metricsCase } from './metrics-case.ts';
import { networkCase } from './network-case.ts';
import { samplingCase } from './sampling-case.ts';
import { trainingCase } from './training-case.ts';

type Results = readonly (Check | NotCovered)[];
type CaseRunner = (path: string, runtime: Runtime) => Promise<Results>;

/** Runs a case, then lists what nothing read from its file: an ignored setting may matter. */
const golden =
  (run: (file: GoldenFile, runtime: Runtime) => Promise<Results>): CaseRunner =>
  async (path, runtime) => {
    const file = readGolden(path);
    const results = await run(file, runtime);
    return [...results, ...file.unread().map((quantity): NotCovered => ({ quantity, verdict: 'not covered' }))];
  };

/** The kinds of files; the first match counts. */
const kinds: readonly { readonly pattern: RegExp; readonly run: CaseRunner }[] = [
  { pattern: /^diffusers.*\.safetensors$/, run: golden(diffusersCase) },
  { pattern: /^lpips.*\.safetensors$/, run: golden(lpipsCase) },
  { pattern: /^inception.*\.safetensors$/, run: golden(inceptionCase) },
  { pattern: /^frechet.*\.safetensors$/, run: golden(frechetCase) },
  { pattern: /^unet-.*\.safetensors$/, run: golden(networkCase) },
  { pattern: /^sample-.*\.safetensors$/, run: golden(samplingCase) },
  { pattern: /^train-.*\.safetensors$/, run: golden(trainingCase) },
  { pattern: /^coefficients.*\.safetensors$/, run: golden(coefficientsCase) },
  { pattern: /^metrics.*\.json$/, run: metricsCase },
  { pattern: /\.pt$/, run: checkpointCase },
];

/** One line of the table. */
export interface Row {
  readonly case: string;
  readonly quantity: string;
  readonly error?: string;
  readonly limit?: string;
  readonly verdict: 'ok' | 'FAILED' | 'not covered' | 'not testable';
}

const rowOf = (file: string, result: Check | NotCovered): Row =>
  'verdict' in result
    ? { case: file, ...result }
    : {
        case: file,
        quantity: result.quantity,
        error: result.error.toExponential(1),
        limit: result.limit.toExponential(0),
        verdict: holds(result) ? 'ok' : 'FAILED',
      };

async function runFile(folder: string, file: string, runtime: Runtime): Promise<Row[]> {
  const run = kinds.find(({ pattern }) => pattern.test(file))?.run;
  if (!run) return [{ case: file, quantity: 'unknown kind of file', verdict: 'not covered' }];
  try {
    return (await run(join(folder, file), runtime)).map((result) => rowOf(file, result));
  } catch (error) {
    const quantity = error instanceof Error ? error.message : String(error);
    return [{ case: file, quantity, verdict: error instanceof NotTestable ? 'not testable' : 'FAILED' }];
  }
}

export async function runFolder(folder: string, files: readonly string[], runtime: Runtime): Promise<Row[]> {
  const rows: Row[] = [];
  for (const file of files) if (!/\.md$/.test(file)) rows.push(...(await runFile(folder, file, runtime)));
  return rows;
}

/** The number of lines with each verdict. */
export function counts(rows: readonly Row[]) {
  const count = (...verdicts: readonly Row['verdict'][]) =>
    rows.filter(({ verdict }) => verdicts.includes(verdict)).length;
  return {
    compared: rows.filter(({ error }) => error !== undefined).length,
    failed: count('FAILED'),
    notCovered: count('not covered'),
    notTestable: count('not testable'),
  };
}

/** The closing line also counts what could not be compared, so that omissions do not look like success. */
export function summary(rows: readonly Row[]): string {
  const { compared, failed, notCovered, notTestable } = counts(rows);
  return `${compared} comparisons, ${failed} failed, ${notCovered} not covered, ${notTestable} not testable`;
}
