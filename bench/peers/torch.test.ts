/** PyTorch computes what we compute, if it is installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../cases.ts';
import { prepareNetwork } from '../prepare-network.ts';
import { runCase } from '../run-case.ts';
import { torch } from './torch.ts';

const absent = typeof (await torch.find()) === 'string' && 'torch is not installed';

for (const kind of ['inference', 'training'] as const) {
  test(`PyTorch's ${kind} equals ours`, { skip: absent }, async () => {
    const sizes = { kind, dim: 16, multipliers: [1, 2], batch: 2, size: 8 } as const;
    const what: Case = { name: 'tiny', description: '', kind, prepare: (folder) => prepareNetwork(sizes, folder) };
    const { peers, failures } = await runCase(what, { rounds: 1, peers: [torch], say: () => {} });
    assert.deepEqual(failures, []);
    assert.equal(peers.length, 1);
  });
}
