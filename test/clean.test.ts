/** Rules that keep the repository readable and that a linter cannot check. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = readdirSync(join(root, 'src'), { recursive: true })
  .map((path) => `src/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.ts'));

test('every source opens with a comment that says what it is', () => {
  const silent = sources.filter((path) => !path.endsWith('.test.ts') && !/^\/\*\*/.test(read(path)));
  assert.deepEqual(silent, []);
});

test('no source is longer than 350 lines', () => {
  const long = sources.map((path) => `${path}: ${read(path).split('\n').length - 1}`);
  assert.deepEqual(
    long.filter((line) => Number(line.split(': ')[1]) > 350),
    [],
  );
});

test('the changelog begins with the version of the package', () => {
  const [, version] = /^## \[(\d[^\]]*)\]/m.exec(read('CHANGELOG.md')) ?? [];
  assert.equal(version, JSON.parse(read('package.json')).version);
});

const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
};

test('the lock file installs from any registry', () => {
  const addresses = Object.entries(packages).filter(([, { resolved }]) => resolved?.includes('://'));
  assert.deepEqual(addresses, []);
});

test('the lock file knows the packages of every platform (else: node scripts/complete-lock.mjs)', () => {
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  const locked = Object.keys(packages);
  assert.ok(wanted.length > 0);
  assert.deepEqual(
    wanted.filter((name) => !locked.some((path) => path.endsWith(`node_modules/${name}`))),
    [],
  );
});
