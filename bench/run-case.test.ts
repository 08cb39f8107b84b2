import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Case } from './cases.ts';
import type { ChildCommand } from './child.ts';
import type { Peer } from './peer.ts';
import { type NetworkSizes, prepareNetwork } from './prepare-network.ts';
import { runCase } from './run-case.ts';
import { isNetworkTask } from './task.ts';

const tiny = (kind: NetworkSizes['kind']): Case => ({
  name: 'tiny',
  description: '',
  kind,
  prepare: (folder) => prepareNetwork({ kind, dim: 8, multipliers: [1], batch: 1, size: 4 }, folder),
});
const own = fileURLToPath(new URL('./ours/network.ts', import.meta.url));
const twin: ChildCommand = { command: process.execPath, args: ['--import', 'tsx', own] };
const peer = (name: string, found: ChildCommand | string): Peer => ({
  name,
  runs: isNetworkTask,
  find: async () => found,
});

test('ours and peers take turns; an absent or broken peer is reported and does not stop the others', async () => {
  const said: string[] = [];
  const broken: ChildCommand = { command: process.execPath, args: ['-e', 'process.exit(1)'] };
  const peers = [peer('Absent', 'install it'), peer('Broken', broken), peer('Twin', twin)];
  const result = await runCase(tiny('training'), { rounds: 2, peers, say: (sentence) => said.push(sentence) });
  assert.deepEqual(
    result.peers.map(({ name }) => name),
    ['Twin'],
  );
  assert.deepEqual(result.skipped, ['tiny: Absent is skipped: install it']);
  assert.deepEqual(result.failures, ['tiny: Broken: it ended with code 1']);
  assert.deepEqual(said, [
    'tiny: Absent is skipped: install it',
    'tiny: gradientNorm and loss of Twin equal ours, relative difference 0.0e+0',
  ]);
  for (const { median_s: seconds, peak_rss_mb: peak, load_s: load } of [result.ours, ...result.peers]) {
    assert.ok(seconds > 0 && seconds < 10);
    assert.ok(load > seconds);
    assert.ok(peak > 50 && peak < 2000);
  }
});
