/** Networks that know the answer, for testing the code around networks. */
import assert from 'node:assert/strict';
import { combine } from '../../src/diffusion/combine.ts';
import type { Point } from '../../src/diffusion/point.ts';
import type { Schedule } from '../../src/diffusion/schedule.ts';
import { varianceBetween } from '../../src/diffusion/variance.ts';
import { normalTensor } from '../../src/math/random.ts';
import { largestDifference, type Tensor } from '../../src/math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../../src/model/config.ts';
import type { Denoiser } from '../../src/sample/denoiser.ts';
import type { SampleOptions } from '../../src/sample/options.ts';
import { sample } from '../../src/sample/sampler.ts';

/** The noise in a state, by Eq. 7; if there is none, any noise will do. */
function noiseIn(noisy: Tensor, { alphaBar, betaBar }: Point, truth: Tensor, residual: Tensor): Tensor {
  const scale = betaBar === 0 ? 0 : 1 / betaBar;
  return combine('perfect', [
    [scale, noisy],
    [-scale, truth],
    [-scale * alphaBar, residual],
  ]);
}

/**
 * Knows the clean image, and so the residual and the exact noise in the state it gets. It derives the state's point
 * from the time input: cumulative times are the coefficients, an index is looked up in `schedule`.
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
      return { residual, noise: noiseIn(noisy, { alphaBar, betaBar }, truth, residual), clean: truth };
    },
  };
}

/**
 * Follows a run of a perfect network and checks every image: at (ᾱ_s, β̄_s) it is I_0 + ᾱ_s I_res + β̄_s ε_s (Eq. 7),
 * where fresh noise has replaced its share of the previous noise, ε_s = √(1 − σ²/β̄_s²) ε_t + σ/β̄_s · fresh (Eq. 12).
 *
 * @returns the last image, and the largest error of any image
 */
export async function walkChecked(
  denoiser: Denoiser,
  truth: Tensor,
  { seed, eta, ...options }: SampleOptions & { readonly seed: number; readonly eta: number },
): Promise<{ readonly final: Tensor; readonly off: number }> {
  const { shape } = truth;
  const residual = combine('walk', [
    [1, options.input],
    [-1, truth],
  ]);
  let [noise, final, off] = [truth, truth, 0];
  const compare = (image: Tensor, { alphaBar, betaBar }: Point): void => {
    const state = combine('walk', [
      [1, truth],
      [alphaBar, residual],
      [betaBar, noise],
    ]);
    off = Math.max(off, largestDifference(image, state));
    final = image;
  };
  for await (const event of sample(denoiser, { ...options, seed, eta })) {
    if (event.kind === 'start') {
      final = event.image;
      continue;
    }
    const { step, image, from, to } = event;
    if (step === 1) noise = noiseIn(final, from, truth, residual);
    if (to.betaBar > 0) {
      const share = varianceBetween(from, to, eta, options.variance ?? 'sum-constrained') / to.betaBar ** 2;
      noise = combine('walk', [
        [Math.sqrt(Math.max(0, 1 - share)), noise],
        [Math.sqrt(share), normalTensor(shape, seed, ['sample', 'step', step])],
      ]);
    }
    compare(image, to);
  }
  return { final, off };
}
