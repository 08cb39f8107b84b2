/** What `npm pack` puts into the package: what a user needs, with documents whose links lead to files that are there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { before, describe, it } from 'node:test';
import { ensureCompiled } from '../bench/compiled.ts';
import { packedFiles } from './support/packed.ts';
import { root } from './support/pages.ts';

/** Bytes of every file by its path in the package. */
let files: ReadonlyMap<string, number>;
before(async () => {
  await ensureCompiled(() => {});
  files = await packedFiles();
});

describe('the package', () => {
  it('holds at most 8 MB, weights included', () => {
    const total = [...files.values()].reduce((sum, size) => sum + size, 0);
    assert.ok(total <= 8e6, `${total} bytes`);
  });

  it('holds what its package.json names', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const entries = Object.values<Record<string, string> | string | null>(exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry ?? {}),
    );
    const missing = [...Object.values<string>(bin), ...entries].filter((path) => !files.has(normalize(path)));
    assert.deepEqual(missing, []);
  });

  it('holds nothing else', () => {
    const wanted = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^bin\/rddm\.js$/,
      /^dist\/(?!.*\.test\.).*\.(js|d\.ts)$/,
      /^models\/[\w-]+\/(config\.json|README\.md|LICENSE|\w+\.safetensors)$/,
      /^(presets|recipes)\/[\w-]+\.json$/,
      /^experiments\/(README\.md|(settings\/)?[\w-]+\.json)$/,
      /^examples\/(README\.md|[\w-]+\.mjs|rain\.jpg)$/,
      /^docs\/(formats\/)?(?!releasing)[\w-]+\.md$/,
      /^docs\/images\/[\w-]+\.(png|jpg|md)$/,
    ];
    const others = [...files.keys()].filter((path) => !wanted.some((pattern) => pattern.test(path)));
    assert.deepEqual(others, []);
  });

  it('has no link to a file that does not ship', () => {
    const folders = new Set([...files.keys()].map((path) => dirname(path)));
    const broken = [...files.keys()]
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) => {
        const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
        return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
          .filter(([, target]) => !/^[a-z]+:/.test(target))
          .map(([, target]) => normalize(join(dirname(page), target)).replace(/[\\/]$/, ''))
          .filter((target) => !files.has(target) && !folders.has(target))
          .map((target) => `${page}: ${target}`);
      });
    assert.deepEqual(broken, []);
  });
});
