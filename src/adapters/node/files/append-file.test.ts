import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RddmError } from '../../../math/errors.ts';
import { openAppendFile } from './append-file.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-append-'));
after(() => rmSync(root, { recursive: true, force: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('what is appended stands behind what was there, in order, after a flush', async () => {
  const path = join(root, 'order');
  for (const round of ['a', 'b']) {
    const file = await openAppendFile(path);
    for (let i = 0; i < 50; i++) {
      file.append(bytes(`${round}${i} `));
      // Flushes that overlap must not mix.
      if (i % 7 === 0) void file.flush();
    }
    await file.flush();
    const numbers = Array.from({ length: 50 }, (_, i) => `${round}${i} `).join('');
    assert.ok(readFileSync(path, 'utf8').endsWith(numbers));
    await file.close();
  }
  assert.equal(readFileSync(path, 'utf8').split(' ').length, 101);
});

test('without a flush it is on the disk within seconds', async () => {
  const path = join(root, 'patience');
  const file = await openAppendFile(path);
  file.append(bytes('x'));
  assert.equal(readFileSync(path, 'utf8'), '');
  await sleep(2500);
  assert.equal(readFileSync(path, 'utf8'), 'x');
  await file.close();
});

const isFull = (error: unknown): boolean =>
  error instanceof RddmError &&
  error.message ===
    'log: expected room for the log, got a full disk at /dev/full; free some space or choose another place';

test('a full disk is a sentence, from then on at every call', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, async () => {
  const file = await openAppendFile('/dev/full');
  file.append(bytes('x'));
  await assert.rejects(file.flush(), isFull);
  assert.throws(() => file.append(bytes('y')), isFull);
  await assert.rejects(file.close(), isFull);
});

test('a folder that is missing is a sentence', async () => {
  await assert.rejects(openAppendFile(join(root, 'none', 'a')), (error) =>
    /^log: expected a file to write to, got nothing at .*create the folder/.test((error as RddmError).message),
  );
});
