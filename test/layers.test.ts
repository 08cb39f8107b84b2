/**
 * The layer rules of .dependency-cruiser.cjs fire: a small tree that breaks each of them once is refused,
 * rule by rule, and its lawful part is not mentioned. The check prints the graph of the folders, and refuses a cycle in it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Of each folder, one that it may not import. */
const refused: [folder: string, other: string][] = [
  ['math', 'graph'],
  ['graph', 'nn'],
  ['diffusion', 'data'],
  ['data', 'diffusion'],
  ['nn', 'runtime'],
  ['onnx', 'nn'],
  ['wasm', 'onnx'],
  ['runtime', 'ort'],
  ['testing', 'ort'],
  ['ort', 'model'],
  ['networks', 'model'],
  ['model', 'sample'],
  ['metrics', 'sample'],
  ['checkpoint', 'sample'],
  ['sample', 'train'],
  ['train', 'sample'],
  ['experiment', 'sample'],
  ['operations', 'adapters'],
  ['adapters', 'cli'],
];

/** A broken tree: file, source, and the rules that must refuse it (none: it must pass). */
const files: [path: string, source: string, rules: string[]][] = [
  ['src/math/shape.ts', 'export const rank = 4;', []],
  ['src/graph/node.ts', "import { rank } from '../math/shape.ts'; export const node = rank;", []],
  ['src/graph/node.test.ts', "import 'node:test'; import 'fast-check'; import '../cli/main.ts';", []],
  ['src/ort/client.ts', "import type { Tensor } from 'onnxruntime-common'; export type A = Tensor;", []],
  ['src/adapters/node/ort.ts', "import 'node:fs'; import 'onnxruntime-node'; import '../../ort/client.ts';", []],
  ['src/operations/restore.ts', "import '../ort/client.ts'; import '../graph/node.ts';", ['imports-of-operations']],
  ['src/cli/main.ts', "import 'commander'; import 'sharp'; import '../operations/restore.ts';", []],
  ['src/index.ts', "export { node } from './graph/node.ts';", []],
  ['src/node.ts', "import './adapters/node/ort.ts';", []],
  ['src/graph.ts', "import './adapters/node/ort.ts';", ['entries-without-platform']],
  ...refused.map(([folder, other]): (typeof files)[number] => [
    `src/${folder}/other.ts`,
    `import '../${other}/leaf.ts';`,
    [`imports-of-${folder}`],
  ]),
  ...[...new Set(refused.map(([, other]) => other))].map((folder): (typeof files)[number] => [
    `src/${folder}/leaf.ts`,
    'export const leaf = 1;',
    [],
  ]),
  ['src/cli/entry.ts', "import '../index.ts';", ['imports-of-cli']],
  [
    'src/diffusion/a.ts',
    "import type { node } from '../graph/node.ts'; export type A = typeof node;",
    ['imports-of-diffusion'],
  ],
  ['src/misc/a.ts', "import '../math/shape.ts';", ['folder-without-row']],
  ['src/nn/one.ts', "import './two.ts';", ['no-cycle']],
  ['src/nn/two.ts', "import './one.ts';", []], // A cycle is reported once.
  ['src/nn/alone.ts', 'export const alone = 1;', ['no-orphan']],
  ['src/data/a.ts', "import 'node:worker_threads';", ['platform-in-adapters-only']],
  ['src/data/b.ts', "import 'fs';", ['platform-in-adapters-only']],
  ['src/ort/a.ts', "import 'node:fs';", ['platform-in-adapters-only']],
  ['src/operations/a.ts', "import 'node:fs';", ['platform-in-adapters-only']],
  ['src/data/c.ts', "import 'sharp';", ['native-in-adapters-only']],
  [
    'src/ort/b.ts',
    "import type { Tensor } from 'onnxruntime-node'; export type B = Tensor;",
    ['native-in-adapters-only'],
  ],
  ['src/ort/c.ts', "import 'onnxruntime-web';", ['native-in-adapters-only', 'no-development-package']],
  ['src/operations/b.ts', "import 'onnxruntime-node'; import 'sharp';", ['native-in-adapters-only']],
  [
    'src/ort/d.ts',
    "import { Tensor } from 'onnxruntime-common'; export const D = Tensor;",
    ['onnxruntime-only-as-types'],
  ],
  [
    'src/runtime/a.ts',
    "import type { Tensor } from 'onnxruntime-common'; export type A = Tensor;",
    ['onnxruntime-types-in-ort-only'],
  ],
  ['src/adapters/node/b.ts', "import 'commander';", ['commander-in-cli-only']],
  ['src/adapters/web/a.ts', "import '../node/ort.ts';", ['adapters-apart']],
  ['src/adapters/web/b.ts', "import 'node:path';", ['web-without-node']],
  ['src/sample/a.ts', "import '../graph/node.test.ts';", ['no-test-in-source']],
  ['src/sample/b.ts', "import 'fast-check';", ['no-development-package']],
  ['src/sample/c.ts', "import './missing.ts';", ['resolvable']],
];

// Inside the repository, so that packages resolve as they do for the real sources; .cache is ignored by git.
mkdirSync(join(root, '.cache'), { recursive: true });
const tree = mkdtempSync(join(root, '.cache', 'layers-'));
after(() => rmSync(tree, { recursive: true, force: true }));
for (const [path, source] of files) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), `${source}\n`);
}
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const cruiseOptions: ICruiseOptions = { ...options, baseDir: tree, validate: true, ruleSet: { forbidden, options } };
const { output } = await cruise(['src'], cruiseOptions);
const { violations } = (output as ICruiseResult).summary;

for (const [path, source, rules] of files) {
  test(`${rules.length === 0 ? 'passes' : rules.join(', ')}: ${path} with ${source}`, () => {
    const fired = violations.filter(({ from }) => from === path).map(({ rule }) => rule.name);
    assert.deepEqual([...new Set(fired)].sort(), rules);
  });
}

test('every rule is shown to fire', () => {
  const shown = new Set(violations.map(({ rule }) => rule.name));
  const silent = forbidden.map(({ name }: { name: string }) => name).filter((name: string) => !shown.has(name));
  assert.deepEqual(silent, []);
});

/** Runs the script of `npm run check:layers` on files of their own. */
function check(name: string, sources: Readonly<Record<string, string>>) {
  const folder = join(tree, name);
  for (const [path, source] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const script = join(root, 'scripts', 'layers.mjs');
  return spawnSync(process.execPath, [script, 'src'], { cwd: folder, encoding: 'utf8' });
}

test('the check prints who imports each folder', () => {
  const { stdout, status } = check('whole', {
    'src/math/shape.ts': '',
    'src/math/shape.test.ts': "import './shape.ts'; import '../nn/layers.ts';",
    'src/graph/node.ts': "import '../math/shape.ts';",
    'src/nn/layers.ts': "import '../math/shape.ts'; import '../graph/node.ts';",
  });
  assert.match(stdout, /^math +← graph nn\ngraph +← nn\nnn +← ·$/m);
  assert.equal(status, 0);
});

test('the check fails on a cycle of folders, whose files may have none', () => {
  const { stdout, status } = check('cycle', {
    'src/math/shape.ts': '',
    'src/math/late.ts': "import '../nn/layers.ts';",
    'src/graph/node.ts': "import '../math/late.ts';",
    'src/nn/layers.ts': "import '../math/shape.ts';",
  });
  assert.match(stdout, /The folders of src import each other: math → nn → math/);
  assert.equal(status, 1);
});
