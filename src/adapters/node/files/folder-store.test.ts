import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RddmError } from '../../../math/errors.ts';
import { folderStore } from './folder-store.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-store-'));
after(() => rmSync(root, { recursive: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined): string | undefined => found && new TextDecoder().decode(found);

test('entries are written, read, appended to, listed and removed', async () => {
  const store = folderStore(join(root, 'new'));
  assert.deepEqual(await store.list(), []);
  assert.equal(await store.read('a'), undefined);
  await store.write('b/c.txt', bytes('one'));
  await store.write('a', bytes('two'));
  await store.append('b/c.txt', bytes(' more'));
  await store.append('log', bytes('first'));
  assert.deepEqual(await store.list(), ['a', 'b/c.txt', 'log']);
  assert.deepEqual(await store.list('b'), ['b/c.txt']);
  assert.deepEqual(await store.list('x'), []);
  assert.equal(text(await store.read('b/c.txt')), 'one more');
  assert.equal(text(await store.read('log')), 'first');
  await store.write('a', bytes('three'));
  assert.equal(text(await store.read('a')), 'three');
  await store.remove('a');
  await store.remove('a');
  assert.equal(await store.read('a'), undefined);
  assert.deepEqual(readdirSync(join(root, 'new')).sort(), ['b', 'log']);
});

test('a half-written file of a killed process has no name', async () => {
  const folder = join(root, 'killed');
  mkdirSync(folder);
  writeFileSync(join(folder, '.a.png.0123456789ab.tmp'), 'half');
  assert.deepEqual(await folderStore(folder).list(), []);
});

test('names stay within the folder, and failures are one sentence', async () => {
  const store = folderStore(join(root, 'inside'));
  for (const name of ['', '../a', 'a/../../b', '/a', 'a//b', 'a/', 'C:\\a', 'a\\b', 'a\u0000', 'a.', '.']) {
    await assert.rejects(store.write(name, bytes('x')), RddmError, JSON.stringify(name));
  }
  await store.write('a/b..c', bytes('x'));
  await assert.rejects(store.write('a', bytes('x')), /expected to write a file, got a folder at/);
  await assert.rejects(store.write('a/b..c/d', bytes('x')), /expected a folder to write to/);
  assert.deepEqual(await store.list(), ['a/b..c']);
});
