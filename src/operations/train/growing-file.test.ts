import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderStore } from '../../adapters/node/files/folder-store.ts';
import { RddmError } from '../../math/errors.ts';
import { openGrowingFile } from './growing-file.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-append-'));
after(() => rmSync(root, { recursive: true, force: true }));
const store = folderStore(root);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

test('appended entries follow earlier ones, in order, after a flush', async () => {
  for (const round of ['a', 'b']) {
    const file = await openGrowingFile(store, 'order');
    for (let i = 0; i < 50; i++) {
      file.append(bytes(`${round}${i} `));
      // Overlapping flushes must not mix.
      if (i % 7 === 0) void file.flush();
    }
    await file.flush();
    const numbers = Array.from({ length: 50 }, (_, i) => `${round}${i} `).join('');
    assert.ok(textOf('order').endsWith(numbers));
  }
  assert.equal(textOf('order').split(' ').length, 101);
});

test('without a flush entries are on the disk within seconds', async () => {
  const file = await openGrowingFile(store, 'patience');
  file.append(bytes('x'));
  assert.equal(textOf('patience'), '');
  await sleep(2500);
  assert.equal(textOf('patience'), 'x');
});

const isFull = (error: unknown): boolean =>
  error instanceof RddmError &&
  error.message ===
    'store: expected room for more, got a full disk at /dev/full; free some space or choose another place';

test('a full disk is a sentence at every call from then on', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, async () => {
  const file = await openGrowingFile(folderStore('/dev'), 'full');
  file.append(bytes('x'));
  await assert.rejects(file.flush(), isFull);
  assert.throws(() => file.append(bytes('y')), isFull);
  await assert.rejects(file.flush(), isFull);
});

test('a read-only store is a sentence', async () => {
  await store.write('taken', bytes('a file'));
  await assert.rejects(openGrowingFile(store, 'taken/log'), /^RddmError: store: expected a folder to write to, got /);
});
