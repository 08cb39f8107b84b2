import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { splitProgram } from '../src/graph/elementwise.ts';
import { networkProgram } from './network.ts';
import { prepareNetwork } from './prepare-network.ts';
import { profileCase, profileTask } from './profile.ts';

test("a step is profiled as it runs: the rest of the graph, then the optimiser's passes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rddm-profile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const task = await prepareNetwork({ kind: 'training', dim: 8, multipliers: [1], batch: 1, size: 8 }, folder);
  const { passes } = splitProgram((await networkProgram(task)).program);
  const { calls, runs, secondsPerRun } = await profileTask(task, 2, folder);
  const ofPasses = calls.filter(({ op }) => op === 'pass in WebAssembly');
  assert.ok(passes.length > 0);
  assert.equal(ofPasses.length, passes.length * runs);
  // Weight, gradient, both moments and the average are read; all but the gradient are written.
  assert.deepEqual(
    new Set(ofPasses.map(({ inputs, outputs }) => `${inputs.length} ${outputs.length}`)),
    new Set(['5 4']),
  );
  assert.ok(ofPasses.every(({ layer, microseconds }) => layer === 'optimiser' && microseconds > 0));
  // Adam's square roots are in the passes; the graph has those of norms, and that of the gradient's norm.
  const roots = calls.filter(({ op, outputs }) => op === 'Sqrt' && outputs[0]?.length === 1);
  assert.deepEqual(roots, []);
  const sum = calls.reduce((total, { microseconds }) => total + microseconds, 0) / 1e6 / runs;
  assert.ok(sum > 0 && sum < secondsPerRun, `${sum} of ${secondsPerRun}`);
});

test('refuses anything but a single case of a network', async () => {
  await assert.rejects(profileCase('training', 1), /expected one case of a network, got training 256, training dim 32/);
  await assert.rejects(profileCase('loader', 1), /expected one case of a network, got loader; see/);
});
