/** `diffusers-*`: a UNet2DModel of formula weights under either of its names: forward passes, and every sampling run. */
import { unetOfDiffusers } from '../../src/checkpoint/diffusers-config.ts';
import { weightsOfDiffusers } from '../../src/checkpoint/diffusers-weights.ts';
import { matchWeights } from '../../src/checkpoint/match.ts';
import { weightShapes } from '../../src/checkpoint/model-directory.ts';
import { largestDifference, type Tensor, type TensorMap } from '../../src/math/tensor.ts';
import { embeddedTimes } from '../../src/model/architecture.ts';
import { type ModelConfig, modelConfig } from '../../src/model/config.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { inferenceProgram } from '../../src/sample/network-denoiser.ts';
import type { Check } from './check.ts';
import { formulaWeights } from './formula-weights.ts';
import { type GoldenFile, roundingLimit } from './golden-file.ts';

/** The network's output at the times of each image. */
async function predicted(
  config: ModelConfig,
  weights: TensorMap,
  noisy: Tensor,
  times: ArrayLike<number>,
  runtime: Runtime,
): Promise<Tensor> {
  const executable = await runtime.load({ denoise: inferenceProgram(config, weights, noisy.shape) });
  try {
    const { noise } = await executable.run('denoise', { noisy, residualTime: embeddedTimes(config.unet, times) });
    return noise;
  } finally {
    await executable.release();
  }
}

export async function diffusersCase(golden: GoldenFile, runtime: Runtime): Promise<Check[]> {
  const unet = unetOfDiffusers(golden.json('config'), golden.name);
  const config = modelConfig({ task: 'generation', condition: 'none', objective: 'noise', unet }, golden.name);
  const shapes = weightShapes(config);
  const checks: Check[] = [];
  const times = golden.numbers('time');
  for (const names of ['name', 'newName'] as const) {
    const weights = matchWeights(shapes, weightsOfDiffusers(formulaWeights(golden, names)), golden.name);
    const compare = async (quantity: string, input: string, at: ArrayLike<number>): Promise<void> => {
      const output = await predicted(config, weights, golden.tensor(input), at, runtime);
      const error = largestDifference(output, golden.tensor(quantity));
      checks.push({ quantity: `${quantity}, ${names}`, error, limit: roundingLimit(golden, quantity) });
    };
    await compare('output', 'x', times);
    if (golden.has('low_contrast/x')) await compare('low_contrast/output', 'low_contrast/x', [times[0]]);
  }
  return checks;
}
