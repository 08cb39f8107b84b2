/**
 * The layer rules of .dependency-cruiser.cjs fire: a small tree that breaks each of them once is refused,
 * rule by rule, and its lawful part is not mentioned.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A broken tree: file, source, and the rules that must refuse it (none: it must pass). */
const files: [path: string, source: string, rules: string[]][] = [
  ['src/math/shape.ts', 'export const rank = 4;', []],
  ['src/graph/node.ts', "import { rank } from '../math/shape.ts'; export const node = rank;", []],
  ['src/graph/node.test.ts', "import 'node:test'; import 'fast-check'; import '../cli/main.ts';", []],
  ['src/adapters/node/ort.ts', "import 'node:fs'; import 'onnxruntime-node'; import '../../index.ts';", []],
  ['src/index.ts', "export { node } from './graph/node.ts'; import './adapters/node/files.ts';", ['layer-index']],
  ['src/adapters/node/files/files.ts', "import 'node:fs';", []],
  ['src/cli/main.ts', "import 'commander'; import 'node:os'; import 'sharp'; import '../index.ts';", []],
  ['src/math/a.ts', "import { node } from '../graph/node.ts'; export const a = node;", ['layer-math']],
  [
    'src/diffusion/a.ts',
    "import type { a } from '../runtime/a.ts'; export type A = typeof a;",
    ['layer-diffusion-graph-data'],
  ],
  ['src/runtime/a.ts', "import '../train/a.ts'; export const a = 1;", ['layer-model-onnx-wasm-nn-runtime']],
  ['src/train/a.ts', "import '../index.ts';", ['layer-train-sample-checkpoint-metrics']],
  ['src/experiment/a.ts', "import '../index.ts';", ['layer-experiment']],
  ['src/sample/early.ts', "import '../experiment/a.ts';", ['layer-train-sample-checkpoint-metrics']],
  ['src/checkpoint/a.ts', "import '../adapters/node/ort.ts';", ['layer-train-sample-checkpoint-metrics']],
  ['src/adapters/node/a.ts', "import '../../cli/main.ts';", ['layer-adapters']],
  ['src/misc/a.ts', "import '../math/shape.ts';", ['folder-without-layer']],
  ['src/nn/one.ts', "import './two.ts';", ['no-cycle']],
  ['src/nn/two.ts', "import './one.ts';", []], // A cycle is told once.
  ['src/nn/alone.ts', 'export const alone = 1;', ['no-orphan']],
  ['src/data/a.ts', "import 'node:worker_threads';", ['platform-in-adapters-only']],
  ['src/data/b.ts', "import 'fs';", ['platform-in-adapters-only']],
  ['src/data/c.ts', "import 'sharp';", ['native-in-adapters-only']],
  [
    'src/runtime/b.ts',
    "import type { Tensor } from 'onnxruntime-node'; export type B = Tensor;",
    ['native-in-adapters-only'],
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
