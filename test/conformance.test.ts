/** The conformance suite on every runtime, and the promise that no operator falls back to another provider. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openRuntime } from '../src/adapters/node/open-runtime.ts';
import { conformanceCases, conformanceError } from '../src/runtime/conformance.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const runtimes = [
  { device: 'reference', provider: 'reference', tolerance: 1e-6, skip: false },
  { device: 'cpu', provider: 'CPUExecutionProvider', tolerance: 1e-5, skip: false },
  {
    device: 'webgpu',
    provider: 'WebGpuExecutionProvider',
    tolerance: 1e-4,
    skip: await whyNoWebgpu(),
  },
] as const;

for (const { device, provider, tolerance, skip } of runtimes) {
  describe(`conformance on ${device}`, { skip }, () => {
    const runtime = openRuntime(device);
    after(() => runtime.close());
    for (const one of conformanceCases) {
      it(one.name, async () => {
        const error = await conformanceError(runtime, one);
        assert.ok(error <= tolerance, `differs by ${error}`);
      });
    }
    it('runs every operator on its own provider', async () => {
      for (const one of conformanceCases) {
        const executable = await runtime.load({ main: one.program }, one.states);
        const strays = (await executable.placement('main')).filter((placed) => placed.provider !== provider);
        assert.deepEqual(strays, [], one.name);
        await executable.release();
      }
    });
  });
}
