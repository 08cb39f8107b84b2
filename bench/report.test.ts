import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../src/cli/output.ts';
import type { Case } from './cases.ts';
import { columns, reportOf, rowsOf } from './report.ts';
import type { Measured, MeasuredCase } from './run-case.ts';
import { summarise } from './statistics.ts';

const measured = (name: string, seconds: number[], peak_rss_mb: number): Measured => ({
  name,
  ...summarise(seconds),
  load_s: 1,
  peak_rss_mb,
});
const of = (what: Partial<Case>, ours: Measured, peers: Measured[] = []): MeasuredCase => ({
  case: { name: 'some', description: '', kind: 'inference', prepare: () => Promise.reject(), ...what },
  ours,
  peers,
  failures: [],
  skipped: [],
});
const machine = {
  processor: 'abacus',
  threads: 2,
  memory_gb: 8,
  system: 'linux',
  node: 'v20',
  onnxruntime: '1',
  load_before: 0,
};
const about = {
  machine,
  date: '2026-01-01T00:00:00.000Z',
  rounds: 3,
  failures: [],
  skipped: ['some: it is not there'],
};
const report = reportOf(
  [
    of({ name: 'ceiling', multiplyAdds: () => 1e9 }, measured('ours', [0.01, 0.02, 0.02], 90)),
    of({ name: 'network', multiplyAdds: () => 5e9 }, measured('ours', [0.1, 0.1, 0.4], 300), [
      measured('slow', [1], 600),
      measured('fast', [0.2], 150),
    ]),
    of({ name: 'loader', pictures: 50 }, measured('ours', [0.5], 100)),
  ],
  about,
);

test("the JSON has our figures, the peers', and the ratio to the fastest peer", () => {
  const [ceiling, network, loader] = report.cases;
  assert.equal(ceiling.ratio, null);
  assert.deepEqual(ceiling.peers, {});
  assert.equal(network.ratio, 0.5);
  assert.equal(network.ours.median_s, 0.1);
  assert.deepEqual(
    Object.entries(network.peers).map(([name, { ratio, memory_ratio }]) => [name, ratio, memory_ratio]),
    [
      ['slow', 0.1, 0.5],
      ['fast', 0.5, 2],
    ],
  );
  assert.equal(loader.pictures_per_s, 100);
  assert.deepEqual(report.skipped, about.skipped);
});

test('a share of the ceiling refers to the best run of the ceiling', () => {
  const [ceiling, network, loader] = report.cases;
  assert.equal(ceiling.ours.gflops, 100);
  assert.equal(network.gflop, 10);
  assert.equal(network.ours.gflops, 100);
  assert.equal(network.ours.share_of_ceiling, 0.5);
  assert.equal(network.peers.fast.share_of_ceiling, 0.25);
  assert.equal('gflops' in loader.ours, false);
});

test('the table names a case once and has one line per implementation', () => {
  const lines = formatTable(report.cases.flatMap(rowsOf), columns).split('\n');
  assert.match(lines[3], /^network +ours +0\.100 +0\.100 +0\.400 +– +300 +– +1\.0 +100 +50/);
  assert.match(lines[5], /^ +fast +0\.200 +0\.200 +0\.200 +0\.50 +150 +2\.00 +1\.0 +50 +25/);
});
