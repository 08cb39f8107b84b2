/**
 * The reverse step as DDIM writes it: it mixes the estimate again at the next point, where Eq. 12 (reverse.ts)
 * subtracts differences from the current image. Both agree as long as the estimate adds up to that image. Clipping
 * breaks this: the difference keeps in the image what clipping removed from the estimate, and the mixture does not.
 */
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { combine } from './combine.ts';
import type { Estimate } from './objective.ts';
import type { Point } from './point.ts';
import { type VarianceKind, varianceBetween } from './variance.ts';

/**
 * How one image becomes the next. `difference`: the paper's Eq. 12. `mixture`: DDIM's, from the clean image and the
 * network's own noise. `implied-noise`: the same, from the clean image and the noise that it implies in the current
 * image; diffusers calls this `use_clipped_model_output`.
 */
export const updates = ['difference', 'mixture', 'implied-noise'] as const;
export type Update = (typeof updates)[number];

/**
 * The noise in I_t that an estimate's clean image and residual imply: (I_t − I_0 − ᾱ_t I_res) / β̄_t (Eq. 7).
 *
 * @param at the point of I_t; at one without noise the result is 0
 */
export function impliedNoise(at: Point, noisy: Tensor, { clean, residual }: Estimate): Tensor {
  const scale = at.betaBar === 0 ? 0 : 1 / at.betaBar;
  return combine('impliedNoise', [
    [scale, noisy],
    [-scale, clean],
    [-scale * at.alphaBar, residual],
  ]);
}

/**
 * I_s = I_0 + ᾱ_s I_res + √(β̄_s² − σ²) ε + σ ε_t: DDIM's Eq. 12 if I_in = 0 and the schedule is a converted one (Eq.
 * 17).
 *
 * @param request.from the point of the image
 * @param request.to the point of the result
 * @param request.fresh ε_t, unit variance; needed if σ > 0
 * @throws RddmError if the step adds noise, fresh noise is missing, shapes differ, or η is out of range
 */
export function remixedAt(
  request: Estimate & {
    readonly from: Point;
    readonly to: Point;
    readonly eta: number;
    readonly variance?: VarianceKind | undefined;
    readonly fresh?: Tensor | undefined;
  },
): Tensor {
  const { from, to, eta, clean, residual, noise, fresh } = request;
  const where = 'remixedAt';
  const variance = varianceBetween(from, to, eta, request.variance, where);
  if (variance > 0 && !fresh) throw expected(where, `fresh noise for eta ${eta}`, 'none');
  return combine(where, [
    [1, clean],
    [to.alphaBar, residual],
    [Math.sqrt(Math.max(0, to.betaBar ** 2 - variance)), noise],
    [Math.sqrt(variance), fresh],
  ]);
}
