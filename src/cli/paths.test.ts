import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFolder, kindOf, refuseToOverwrite, requireFolderOf } from './paths.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-paths-'));
after(() => rmSync(root, { recursive: true }));
const [folder, file, nothing] = ['folder', 'file', 'nothing'].map((name) => join(root, name));
mkdirSync(folder);
writeFileSync(file, '');

test('the kind of a path', async () => {
  assert.deepEqual(await Promise.all([folder, file, nothing].map(kindOf)), ['folder', 'file', 'nothing']);
  assert.deepEqual(await Promise.all([folder, file, nothing].map(isFolder)), [true, false, false]);
});

test('a file to write needs its folder', async () => {
  await requireFolderOf('test', '--out', join(folder, 'new'));
  await requireFolderOf('test', '--out', 'new');
  for (const none of [nothing, file]) {
    await assert.rejects(requireFolderOf('test', '--out', join(none, 'new')), {
      name: 'RddmError',
      message: `test: expected --out in a folder that exists, got ${none}; create it first`,
    });
  }
});

test('an existing file is refused without force, a folder always', async () => {
  await refuseToOverwrite('test', [nothing], undefined);
  await refuseToOverwrite('test', [nothing, file], true);
  await assert.rejects(refuseToOverwrite('test', [nothing, file], undefined), {
    name: 'RddmError',
    message: `test: expected no file at ${file}, got one; add --force to replace it, or choose another --out`,
  });
  await assert.rejects(
    refuseToOverwrite('test', [folder], true),
    /^RddmError: test: expected a file to write, got a folder/,
  );
});
