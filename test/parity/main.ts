/**
 * `npm run parity -- [DIR] [--device cpu|webgpu|reference] [--only WORD,WORD]`: runs every golden case found in a folder
 * and prints the errors. Exits with 1 if a limit is exceeded, 2 if there is nothing to compare.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOrtRuntime } from '../../src/adapters/node/ort/runtime.ts';
import { formatTable } from '../../src/cli/output.ts';
import { createReferenceRuntime } from '../../src/runtime/reference.ts';
import { type Device, devices } from '../../src/runtime/runtime.ts';
import { counts, runFolder, summary } from './run-folder.ts';

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
/** The files whose names begin with one of the words; all of them if there are no words. */
const words = (values.only as string).split(',');
const there = filesOf(folder);
const idle = words.find((word) => !there.some((file) => file.startsWith(word)));
if (idle) refuse(`expected files in ${folder} whose names begin with ${idle}, got none; see --only`);
const files = there.filter((file) => words.some((word) => file.startsWith(word)));

const runtime = device === 'reference' ? createReferenceRuntime() : createOrtRuntime({ device });
const rows = await runFolder(folder, files, runtime);
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
console.log(`parity on ${device}: ${summary(rows)}`);
const { compared, failed } = counts(rows);
if (failed > 0) process.exitCode = 1;
else if (compared === 0) refuse(`expected golden files with something to compare in ${folder}, got none`);
