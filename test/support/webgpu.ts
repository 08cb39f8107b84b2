/** Whether tests on WebGPU can run here. */
import { openRuntime } from '../../src/adapters/node/ort/open-runtime.ts';
import { feed, square } from '../../src/graph/build.ts';
import { createProgram } from '../../src/graph/program.ts';

/** Why WebGPU cannot be tested here, in onnxruntime's words; `.ci/run` allows no skipping. */
export async function whyNoWebgpu(): Promise<string | false> {
  if (process.env.RDDM_REQUIRE_WEBGPU) return false;
  const runtime = openRuntime('webgpu');
  try {
    const program = createProgram('square', { y: square(feed('x', [1])) });
    await (await runtime.load({ program })).release();
    return false;
  } catch (error) {
    return `${(error as Error).message} (CONTRIBUTING.md says how to run WebGPU without a graphics card)`;
  } finally {
    await runtime.close();
  }
}
