/** The conformance suite on every runtime, and the promise that no operator falls back to another provider. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openRuntime } from '../src/adapters/node/ort/open-runtime.ts';
import { createOrtRuntime } from '../src/adapters/node/ort/runtime.ts';
import { conformanceCases, conformanceError } from '../src/testing/conformance.ts';
import { convolutionCases } from '../src/testing/conformance-convolutions.ts';
import { whyNoWebgpu } from './support/webgpu.ts';

const onCpu = { provider: 'CPUExecutionProvider', tolerance: 1e-5, skip: false } as const;
const onWebgpu = { provider: 'WebGpuExecutionProvider', tolerance: 1e-4, skip: await whyNoWebgpu() } as const;
const onReference = { provider: 'reference', tolerance: 1e-6, skip: false } as const;
const runtimes = [
  { name: 'the reference', ...onReference, open: () => openRuntime('reference'), cases: conformanceCases },
  { name: 'cpu', ...onCpu, open: () => openRuntime('cpu'), cases: conformanceCases },
  { name: 'webgpu', ...onWebgpu, open: () => openRuntime('webgpu'), cases: conformanceCases },
  // At these small sizes the direct form is faster; the other must be forced.
  ...(['cpu', 'webgpu'] as const).map((device) => ({
    name: `${device}, Winograd's convolutions`,
    ...(device === 'cpu' ? onCpu : onWebgpu),
    open: () => createOrtRuntime({ device, convolutions: 'winograd' }),
    cases: convolutionCases,
  })),
];

for (const { name, provider, tolerance, skip, open, cases } of runtimes) {
  describe(`conformance on ${name}`, { skip }, () => {
    const runtime = open();
    after(() => runtime.close());
    for (const one of cases) {
      it(one.name, async () => {
        const error = await conformanceError(runtime, one);
        assert.ok(error <= tolerance, `differs by ${error}`);
      });
    }
    it('runs every operator on its own provider', async () => {
      for (const one of cases) {
        const executable = await runtime.load({ main: one.program }, one.states);
        const strays = (await executable.placement('main')).filter((placed) => placed.provider !== provider);
        assert.deepEqual(strays, [], one.name);
        await executable.release();
      }
    });
  });
}
