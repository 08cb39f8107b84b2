/** Source files that comments name exist: a file that is renamed takes what is said of it along. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../', import.meta.url);
const paths = ['src', 'test', 'bench', 'scripts', 'examples'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs)$/.test(path))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
);
/** By every end of their path: a comment says as much of it as tells which file is meant. */
const known = new Set(
  paths.flatMap((path) => {
    const parts = path.split('/');
    return parts.map((_, i) => parts.slice(i).join('/'));
  }),
);

test('every source file that a comment names is there', () => {
  const missing = paths.flatMap((path) => {
    const comments = readFileSync(new URL(path, root), 'utf8').match(/^\s*(\/?\*|\/\/).*$/gm) ?? [];
    // Not `*.test.ts`, which names many.
    const names = comments.join('\n').match(/(?<![*\w./-])[\w-][\w./-]*\.(ts|mjs)\b/g) ?? [];
    return names.filter((name) => !known.has(name)).map((name) => `${path} names ${name}`);
  });
  assert.deepEqual(missing, []);
});
