import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readJson } from './json-file.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-json-'));
after(() => rmSync(root, { recursive: true }));

function file(contents: string | Uint8Array): string {
  const path = join(root, 'a.json');
  writeFileSync(path, contents);
  return path;
}

test('JSON is read, with or without a byte order mark', async () => {
  assert.deepEqual(await readJson(file('{"a": [1, "é"]}'), 'test'), { a: [1, 'é'] });
  assert.deepEqual(await readJson(file('\ufeff{}'), 'test'), {});
});

test('anything else is one sentence that names the file', async () => {
  for (const contents of ['', '{"a":', 'hello', Uint8Array.of(0x22, 0xff, 0x22)]) {
    await assert.rejects(readJson(file(contents), 'test'), /^RddmError: \S*a\.json: expected JSON, got/);
  }
  await assert.rejects(
    readJson(join(root, 'none.json'), 'test'),
    /^RddmError: test: expected a file to read, got nothing/,
  );
});
