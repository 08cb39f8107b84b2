/** The conformance suite on every runtime, and the promise that no operator falls back to another provider. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { createOrtRuntime } from '../src/adapters/node/ort-runtime.ts';
import { conformanceCases, conformanceError } from '../src/runtime/conformance.ts';
import { createReferenceRuntime } from '../src/runtime/reference.ts';

/** Debian's Chromium ships a software Vulkan driver; WebGPU runs on it where there is no GPU. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env.VK_ICD_FILENAMES && existsSync(swiftshader)) process.env.VK_ICD_FILENAMES = swiftshader;
const noWebgpu = process.env.VK_ICD_FILENAMES ? false : `no Vulkan driver: install chromium or set VK_ICD_FILENAMES`;

const runtimes = [
  { runtime: createReferenceRuntime(), provider: 'reference', tolerance: 1e-6, skip: false },
  { runtime: createOrtRuntime({ device: 'cpu' }), provider: 'CPUExecutionProvider', tolerance: 1e-5, skip: false },
  {
    runtime: createOrtRuntime({ device: 'webgpu' }),
    provider: 'WebGpuExecutionProvider',
    tolerance: 1e-4,
    skip: noWebgpu,
  },
] as const;

for (const { runtime, provider, tolerance, skip } of runtimes) {
  describe(`conformance on ${runtime.device}`, { skip }, () => {
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
