/**
 * How far a model's reverse process depends on the path (section 5.2). Removing residual and noise is a line integral
 * of I_res^θ dᾱ + ε^θ dβ̄ (Eq. 20); by Green's theorem it is the same on every path exactly if ∂I_res^θ/∂β̄ = ∂ε^θ/∂ᾱ
 * (Eq. 21). This file measures both sides at one point, by directional differences through the network.
 */
import { combine } from '../diffusion/combine.ts';
import { interpretAt } from '../diffusion/objective.ts';
import type { Point } from '../diffusion/point.ts';
import { createSchedule } from '../diffusion/schedule.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import type { Denoiser } from './denoiser.ts';
import { timesAt } from './points.ts';

/** Both sides of Eq. 21 at a point, and how they compare. Sizes are root mean squares over all values. */
export interface GreenCondition {
  /** ∂I_res^θ/∂β̄, how the predicted residual changes with the noise in the image. */
  readonly residualSide: Tensor;
  /** ∂ε^θ/∂ᾱ, how the predicted noise changes with the residual in the image. */
  readonly noiseSide: Tensor;
  readonly residualSize: number;
  readonly noiseSize: number;
  /** Of residualSide − noiseSide; 0 is path independence. The paper expects both sides to be small, too. */
  readonly differenceSize: number;
  /** Pearson's correlation of the two sides; NaN if one is constant. */
  readonly correlation: number;
}

/** Where to measure. */
export interface GreenRequest {
  /** I_0, [N, C, H, W] */
  readonly clean: Tensor;
  /** I_in; omit it in generation. */
  readonly input?: Tensor | undefined;
  /** Only if the network sees it. */
  readonly mask?: Tensor | undefined;
  /** ε, unit variance. */
  readonly noise: Tensor;
  /** The point (ᾱ, β̄). */
  readonly at: Point;
  /** Distance of the two points of a central difference, by default 0.02 of a coordinate. */
  readonly distance?: number | undefined;
}

const size = (data: Float32Array): number =>
  Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

function correlationOf(a: Float32Array, b: Float32Array): number {
  const mean = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - meanA) * (b[i] - meanB);
    squareA += (a[i] - meanA) ** 2;
    squareB += (b[i] - meanB) ** 2;
  }
  return both / Math.sqrt(squareA * squareB);
}

/**
 * Measures both sides of the Green's-theorem condition (Eq. 21) with four calls of the network.
 *
 * The state is I(ᾱ, β̄) = I_0 + ᾱ I_res + β̄ ε with the true residual and noise. For ∂I_res^θ/∂β̄ it moves along ε,
 * while the residual's network keeps the time ᾱ·T; for ∂ε^θ/∂ᾱ it moves along I_res, while the noise's network keeps
 * the time β̄·T. A network with index times gets the index that belongs to each point, as in sampling. Eq. 16 completes
 * what a network does not predict at each of the points, unclipped.
 *
 * @throws RddmError if shapes differ, the distance is not above 0, or a point lies outside 0 … 1
 *
 * @example
 * ```ts
 * import { filled, greenCondition, modelConfig } from 'rddm';
 * import assert from 'node:assert/strict';
 * const shape = [1, 3, 4, 4];
 * // A residual network that returns half of its image, and a noise network that returns a tenth.
 * const config = modelConfig({ task: 'inpainting', objective: 'residual-noise', networks: 'two', time: 'cumulative', condition: 'none' });
 * const denoiser = {
 *   config,
 *   predict: async ({ noisy }: { noisy: { data: Float32Array<ArrayBuffer> } }) => ({
 *     residual: { shape, data: noisy.data.map((value) => value / 2) },
 *     noise: { shape, data: noisy.data.map((value) => value / 10) },
 *   }),
 * };
 * const green = await greenCondition(denoiser, {
 *   clean: filled(shape, 0), input: filled(shape, 1), noise: filled(shape, 2), at: { alphaBar: 0.5, betaBar: 0.5 },
 * });
 * assert.ok(Math.abs(green.residualSize - 1) < 1e-4); // half of the noise's 2
 * assert.ok(Math.abs(green.noiseSize - 0.1) < 1e-4); // a tenth of the residual's 1
 * ```
 */
export async function greenCondition(denoiser: Denoiser, request: GreenRequest): Promise<GreenCondition> {
  const where = 'greenCondition';
  const { clean, input, mask, noise, at, distance = 0.02 } = request;
  if (!(distance > 0)) throw expected(where, 'a distance above 0', String(distance));
  const { config } = denoiser;
  const residual = combine(where, [
    [1, input],
    [-1, clean],
  ]);
  const half = distance / 2;
  for (const value of [at.alphaBar, at.betaBar]) {
    if (value < half || value > 1 - half) throw expected(where, `coordinates from ${half} to ${1 - half}`, value);
  }
  const trained = createSchedule(config.schedule);
  const estimateAt = async (alphaBar: number, betaBar: number) => {
    const noisy = combine(where, [
      [1, clean],
      [alphaBar, residual],
      [betaBar, noise],
    ]); // Eq. 7
    const seen = { ...(input && config.condition !== 'none' && { input }), ...(mask && { mask }) };
    const times = timesAt(config, trained, { alphaBar, betaBar });
    const predicted = await denoiser.predict({ noisy, ...seen, ...times });
    const { objective } = config;
    return interpretAt({ at: { alphaBar, betaBar }, objective, clip: 'none', noisy, input, predicted }, where);
  };
  const slope = (high: Tensor, low: Tensor): Tensor =>
    combine(where, [
      [1 / distance, high],
      [-1 / distance, low],
    ]);
  const { alphaBar, betaBar } = at;
  const moreNoise = await estimateAt(alphaBar, betaBar + half);
  const lessNoise = await estimateAt(alphaBar, betaBar - half);
  const moreResidual = await estimateAt(alphaBar + half, betaBar);
  const lessResidual = await estimateAt(alphaBar - half, betaBar);
  const residualSide = slope(moreNoise.residual, lessNoise.residual);
  const noiseSide = slope(moreResidual.noise, lessResidual.noise);
  const difference = combine(where, [
    [1, residualSide],
    [-1, noiseSide],
  ]);
  return {
    residualSide,
    noiseSide,
    residualSize: size(residualSide.data),
    noiseSize: size(noiseSide.data),
    differenceSize: size(difference.data),
    correlation: correlationOf(residualSide.data, noiseSide.data),
  };
}
