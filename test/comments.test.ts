/** Source files named in comments exist, so that renaming a file renames its mentions too. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../', import.meta.url);
const paths = ['src', 'test', 'bench', 'scripts', 'examples'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
);
/** By every suffix of their path: a comment gives as much of it as identifies the file. */
const known = new Set(
  paths.flatMap((path) => {
    const parts = path.split('/');
    return parts.map((_, i) => parts.slice(i).join('/'));
  }),
);

test('every source file that a comment names exists', () => {
  const missing = paths.flatMap((path) => {
    const comments = readFileSync(new URL(path, root), 'utf8').match(/^\s*(\/?\*|\/\/).*$/gm) ?? [];
    // Not `*.test.ts`, a pattern.
    const names = comments.join('\n').match(/(?<![*\w./-])[\w-][\w./-]*\.(ts|mjs)\b/g) ?? [];
    return names.filter((name) => !known.has(name)).map((name) => `${path} names ${name}`);
  });
  assert.deepEqual(missing, []);
});
