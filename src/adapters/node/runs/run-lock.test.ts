import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lockRun } from './run-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-lock-'));
after(() => rmSync(root, { recursive: true, force: true }));
const fresh = (): string => mkdtempSync(join(root, 'run-'));

test('a lock exists while it is held, and leaves nothing', async () => {
  const directory = fresh();
  const unlock = await lockRun(directory);
  assert.deepEqual(readdirSync(directory), [`.lock-${process.pid}`]);
  await unlock();
  assert.deepEqual(readdirSync(directory), []);
});

test('a living process is named in one sentence, and keeps its lock', async () => {
  const directory = fresh();
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
  try {
    writeFileSync(join(directory, `.lock-${other.pid}`), '');
    await assert.rejects(lockRun(directory), {
      name: 'RddmError',
      message: `train: expected a run that no other process works on in ${directory}, got process ${other.pid}, which does; wait for it or stop it; if it is something else, remove ${join(directory, `.lock-${other.pid}`)}`,
    });
    assert.deepEqual(readdirSync(directory), [`.lock-${other.pid}`]);
  } finally {
    other.kill('SIGKILL');
  }
});

test('the lock of a dead process is taken over silently; other files stay', async () => {
  const directory = fresh();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (const name of [`.lock-${pid}`, '.lock-mine', 'train.json']) writeFileSync(join(directory, name), '');
  const unlock = await lockRun(directory);
  await unlock();
  assert.deepEqual(readdirSync(directory).sort(), ['.lock-mine', 'train.json']);
});

test('in a container a process may have the id of the dead one', async () => {
  const directory = fresh();
  writeFileSync(join(directory, `.lock-${process.pid}`), '');
  await (await lockRun(directory))();
  assert.deepEqual(readdirSync(directory), []);
});

test('a second run of the same process is refused, and the first keeps its lock', async () => {
  const directory = fresh();
  const unlock = await lockRun(directory);
  await assert.rejects(lockRun(directory), /no other process works on/);
  assert.deepEqual(readdirSync(directory), [`.lock-${process.pid}`]);
  await unlock();
});

test('a missing folder is reported as missing', async () => {
  await assert.rejects(
    lockRun(join(root, 'nowhere')),
    /^RddmError: train: expected a folder to write to, got nothing at/,
  );
  await assert.rejects(lockRun(join(root, 'nowhere')), /nothing at/, 'nothing is held after a refusal');
});
