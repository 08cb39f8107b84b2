/**
 * Runs every `*.test.ts` below src, test and bench with Node's own runner (Node 20 finds no files by pattern).
 *
 *   npm test                        everything
 *   npm test -- graph ops/conv      only files whose path contains one of the words
 *   npm test -- --test-only …       flags go to node --test as they are
 *
 * A terminal gets the tree of results, a pipe the TAP lines with their `# tests`, `# pass`, `# fail` summary.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSoftwareGpu } from './software-gpu.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

/** Test files below a folder as paths from the root with forward slashes. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, `${entry.parentPath ?? entry.path}${sep}${entry.name}`).replaceAll(sep, '/'));
}

const files = ['src', 'test', 'bench']
  .flatMap((folder) => testFiles(`${root}${folder}`))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word.replace(/^\.\//, ''))))
  .sort();
if (files.length === 0) {
  console.error(`npm test: expected a word that occurs in a test's path, got ${words.join(' ')}`);
  process.exit(1);
}

const { status } = spawnSync(
  process.execPath,
  [
    '--import=tsx',
    '--test',
    `--test-reporter=${process.stdout.isTTY ? 'spec' : 'tap'}`,
    `--test-concurrency=${availableParallelism()}`,
    '--test-timeout=600000',
    ...flags,
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { RDDM_CACHE: 'off', ...withSoftwareGpu(process.env) } },
);
process.exit(status ?? 1);
