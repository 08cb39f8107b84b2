/**
 * `npm run parity -- [DIR] [--device cpu|webgpu|reference] [--only WORD,WORD]`: runs every golden case found in a folder
 * and prints how far off we are. Exits 1 when a limit is passed, 2 when there is nothing to compare.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOrtRuntime } from '../../src/adapters/node/ort-runtime.ts';
import { formatTable } from '../../src/cli/output.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';
import { type Device, devices, type Runtime } from '../../src/runtime/runtime.ts';
import { type Check, holds, type NotCovered, NotTestable } from './check.ts';
import { checkpointCase } from './checkpoint-case.ts';
import { coefficientsCase } from './coefficients-case.ts';
import { type GoldenFile, readGolden } from './golden-file.ts';
import { metricsCase } from './metrics-case.ts';
import { networkCase } from './network-case.ts';
import { samplingCase } from './sampling-case.ts';
import { trainingCase } from './training-case.ts';

type Results = readonly (Check | NotCovered)[];
type CaseRunner = (path: string, runtime: Runtime) => Promise<Results>;

const golden =
  (run: (file: GoldenFile, runtime: Runtime) => Promise<Results>): CaseRunner =>
  (path, runtime) =>
    run(readGolden(path), runtime);

/** Which files are which kind; the first that matches counts. */
const kinds: readonly { readonly pattern: RegExp; readonly run: CaseRunner | 'not covered' }[] = [
  { pattern: /^(lpips|inception|frechet|diffusers).*\.safetensors$/, run: 'not covered' },
  { pattern: /^unet-.*\.safetensors$/, run: golden(networkCase) },
  { pattern: /^sample-.*\.safetensors$/, run: golden(samplingCase) },
  { pattern: /^train-.*\.safetensors$/, run: golden(trainingCase) },
  { pattern: /^coefficients.*\.safetensors$/, run: golden(coefficientsCase) },
  { pattern: /^metrics.*\.json$/, run: metricsCase },
  { pattern: /\.pt$/, run: checkpointCase },
];

function refuse(sentence: string): never {
  console.error(`parity: ${sentence}`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { device: { type: 'string', default: 'cpu' }, only: { type: 'string', default: '' } },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function filesOf(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const got = isMissing ? 'nothing of that name' : (error as Error).message;
    return refuse(`expected a folder of golden files at ${path}, got ${got}; name one, or set RDDM_SHARED`);
  }
}

const { values, positionals } = readArguments();
const device = values.device as Device;
if (!devices.includes(device)) refuse(`expected --device ${devices.join(', ')}, got ${values.device}`);
const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const shared = process.env.RDDM_SHARED ?? join(repository, '..', 'shared');
const folder = resolve(positionals[0] ?? join(shared, 'golden'));
/** The files whose names begin with one of the words; all of them without words. */
const words = (values.only as string).split(',');
const files = filesOf(folder).filter((file) => words.some((word) => file.startsWith(word)));

const runtime = device === 'reference' ? createReferenceRuntime() : createOrtRuntime({ device });
interface Row {
  readonly case: string;
  readonly quantity: string;
  readonly error?: string;
  readonly limit?: string;
  readonly verdict: string;
}
const rows: Row[] = [];
let failures = 0;
let compared = 0;
for (const file of files) {
  const run = kinds.find(({ pattern }) => pattern.test(file))?.run;
  if (!run) {
    if (!/\.md$/.test(file)) rows.push({ case: file, quantity: 'unknown kind of file', verdict: 'not covered' });
  } else if (run === 'not covered') {
    rows.push({ case: file, quantity: 'pretrained networks and their metrics', verdict: 'not covered yet' });
  } else {
    try {
      for (const check of await run(join(folder, file), runtime)) {
        if ('verdict' in check) {
          rows.push({ case: file, ...check });
          continue;
        }
        compared++;
        if (!holds(check)) failures++;
        const { quantity, error, limit } = check;
        const verdict = holds(check) ? 'ok' : 'FAILED';
        rows.push({ case: file, quantity, error: error.toExponential(1), limit: limit.toExponential(0), verdict });
      }
    } catch (error) {
      if (error instanceof NotTestable) {
        rows.push({ case: file, quantity: error.message, verdict: 'not testable' });
        continue;
      }
      failures++;
      rows.push({ case: file, quantity: error instanceof Error ? error.message : String(error), verdict: 'FAILED' });
    }
  }
}
await runtime.close();
console.log(
  formatTable(rows, [
    { title: 'case', value: (row) => row.case },
    { title: 'quantity', value: (row) => row.quantity },
    { title: 'largest error', value: (row) => row.error },
    { title: 'limit', value: (row) => row.limit },
    { title: '', value: (row) => row.verdict },
  ]),
);
console.log(`parity on ${device}: ${compared} comparisons, ${failures} failed`);
if (failures > 0) process.exitCode = 1;
else if (compared === 0) refuse(`expected golden files in ${folder}, got none`);
