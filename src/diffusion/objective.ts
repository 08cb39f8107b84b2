/**
 * Turns a network's prediction into the three quantities of a reverse step (section 4.3 of the paper). SM-Res predicts
 * the residual, SM-N the noise, SM-Res-N both, others the clean image; Eq. 16 gives the missing ones. Losses and the
 * automatic choice of an objective (AOSA) are in train/.
 */
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { clipped, combine } from './combine.ts';
import type { Point } from './point.ts';
import { cumulativeAt, type Schedule } from './schedule.ts';

/** What the network predicts: SM-Res, SM-N, SM-Res-N; or the clean image, as in InDI and Cold Diffusion. */
export const objectives = ['residual', 'noise', 'residual-noise', 'clean'] as const;
/** One of `objectives`: what the network predicts. */
export type Objective = (typeof objectives)[number];

/**
 * What a sampler takes from a prediction: all of it, or, of a prediction that has both terms, only the residual or only
 * the noise. The other term then follows from I_t ("the optimal sampling method can be determined during testing",
 * appendix B.2).
 */
export const samplingMethods = ['residual', 'noise', 'residual-noise'] as const;
export type SamplingMethod = (typeof samplingMethods)[number];

/** `reference`: residual and clean image are clipped to [-1, 1]; `none`: they stay as predicted. */
export const clips = ['reference', 'none'] as const;
/** One of `clips`: what happens to predictions beyond [-1, 1]. */
export type Clip = (typeof clips)[number];

/** What a network returned; only the tensors that its objective names are read. */
export interface PredictedTerms {
  readonly residual?: Tensor | undefined;
  readonly noise?: Tensor | undefined;
  readonly clean?: Tensor | undefined;
}

/** What a reverse step needs, as new tensors. */
export interface Estimate {
  /** I_res^θ */
  readonly residual: Tensor;
  /** ε^θ */
  readonly noise: Tensor;
  /** I_0^θ */
  readonly clean: Tensor;
}

/** The reference's divisor at the last index, where 1 − ᾱ_T = 0. */
const SMALLEST_SHARE = 1e-6;

/**
 * 1 − ᾱ, the clean image's share, kept away from 0 because SM-N divides by it. Where a schedule ends below ᾱ = 1, as a
 * converted one does (0.0064 is left of the linear DDIM's), the share stays as it is: the conversion is then exact to
 * the last index. The reference's training code writes 1e-6 there for every schedule; its conversion of pretrained
 * networks does not.
 */
export const cleanShare = (alphaBar: number): number => Math.max(1 - alphaBar, SMALLEST_SHARE);

/** A state, and what the network predicted for it. */
export interface Prediction {
  readonly objective: Objective;
  readonly clip: Clip;
  readonly noisy: Tensor;
  readonly input?: Tensor | undefined;
  readonly predicted: PredictedTerms;
}

/**
 * The residual, noise and clean image that a prediction at `time` implies.
 *
 * Clipping follows the reference: first the residual or clean image that was predicted, then the one derived from it;
 * the noise never. A true residual can reach ±2, which `clip: 'none'` keeps. At the last index of a schedule with ᾱ_T =
 * 1, SM-N says nothing about the clean image: the division by 1e-6 gives values of any size, which only clipping
 * limits.
 *
 * @param request.time 0 … T − 1
 * @param request.noisy I_t
 * @param request.input I_in; omit it in generation, where it is 0
 * @throws RddmError if the objective's prediction is missing, shapes differ, or the time is out of range
 *
 * @example
 * ```ts
 * import { createSchedule, interpretPrediction, tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * const { clean, noise } = interpretPrediction({
 *   schedule: createSchedule(), time: 999, objective: 'residual', clip: 'reference',
 *   noisy: tensor([1], [0.75]), input: tensor([1], [0.5]), predicted: { residual: tensor([1], [0.25]) },
 * });
 * assert.equal(clean.data[0], 0.25); // I_in - I_res
 * assert.equal(noise.data[0], 0.25); // I_t - I_in
 * ```
 */
export function interpretPrediction(
  request: Prediction & { readonly schedule: Schedule; readonly time: number },
): Estimate {
  const { schedule, time, ...prediction } = request;
  const where = 'interpretPrediction';
  if (time === -1) throw expected(where, 'a time from 0, a noisy state', '-1');
  return interpretAt({ at: cumulativeAt(schedule, time, where), ...prediction }, where);
}

/** The same at any point of the plane of residual and noise, on a schedule or off it. */
export function interpretAt(request: Prediction & { readonly at: Point }, where = 'interpretAt'): Estimate {
  const { at, objective, clip, noisy, input, predicted } = request;
  const { alphaBar, betaBar } = at;
  const given = (name: keyof PredictedTerms): Tensor => {
    const tensor = predicted[name];
    if (!tensor) throw expected(where, `a predicted ${name} for objective "${objective}"`, 'none');
    return combine(where, [
      [1, tensor],
      [0, noisy], // Only its shape matters.
    ]);
  };

  /** I_in − residual is the clean image; I_in − clean image is the residual: Eq. 6. */
  const fromInput = (other: Tensor): Tensor => {
    const terms = [
      [1, input],
      [-1, other],
    ] as const;
    return clipped(combine(where, terms), clip);
  };
  const noiseBeside = (residual: Tensor): Tensor => {
    // Without noise in I_t (noise strength 0) there is nothing to recover.
    const scale = betaBar === 0 ? 0 : 1 / betaBar;
    return combine(where, [
      [scale, noisy],
      [-scale, input],
      [-scale * (alphaBar - 1), residual],
    ]); // Eq. 16
  };

  switch (objective) {
    case 'residual': {
      const residual = clipped(given('residual'), clip);
      return { residual, noise: noiseBeside(residual), clean: fromInput(residual) };
    }
    case 'clean': {
      const clean = clipped(given('clean'), clip);
      const residual = fromInput(clean);
      return { residual, noise: noiseBeside(residual), clean };
    }
    case 'noise': {
      const noise = given('noise');
      const scale = 1 / cleanShare(alphaBar);
      const clean = clipped(
        combine(where, [
          [scale, noisy],
          [-scale * alphaBar, input],
          [-scale * betaBar, noise],
        ]),
        clip,
      ); // Eq. 16
      return { residual: fromInput(clean), noise, clean };
    }
    case 'residual-noise': {
      const residual = clipped(given('residual'), clip);
      const noise = given('noise');
      const clean = combine(where, [
        [1, noisy],
        [-alphaBar, residual],
        [-betaBar, noise],
      ]); // Eq. 7
      return { residual, noise, clean: clipped(clean, clip) };
    }
    default:
      throw expected(where, `objective, one of ${objectives.join(', ')}`, objective);
  }
}
