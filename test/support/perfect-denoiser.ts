/** A network that knows the answer, for tests of what surrounds networks. */
import assert from 'node:assert/strict';
import { combine } from '../../src/diffusion/combine.ts';
import type { Schedule } from '../../src/diffusion/schedule.ts';
import type { Tensor } from '../../src/math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import type { Denoiser } from '../../src/sample/denoiser.ts';

/**
 * Knows the clean image, and so the residual and the very noise that the state it is shown holds. It reads the point that
 * the state is at off the time that it is told: cumulative times are the coefficients, an index is looked up in `schedule`.
 */
export function perfectDenoiser(
  fields: ModelConfigInput,
  schedule: Schedule,
  truth: Tensor,
  degraded?: Tensor,
): Denoiser {
  const config = modelConfig(fields);
  const residual = combine('perfect', [
    [1, degraded],
    [-1, truth],
  ]);
  return {
    config,
    predict: async ({ noisy, residualTime, noiseTime }) => {
      if (config.time === 'index') assert.equal(residualTime, noiseTime);
      const { alphaBar, betaBar } =
        config.time === 'cumulative'
          ? { alphaBar: residualTime / schedule.timesteps, betaBar: noiseTime / schedule.timesteps }
          : { alphaBar: schedule.alphaBar[residualTime], betaBar: schedule.betaBar[noiseTime] };
      // Where there is no noise in the image, any is as good.
      const scale = betaBar === 0 ? 0 : 1 / betaBar;
      const noise = combine('perfect', [
        [scale, noisy],
        [-scale, truth],
        [-scale * alphaBar, residual],
      ]);
      return { residual, noise, clean: truth };
    },
  };
}
