/**
 * The plane of the dual diffusion (section 5): a state's amounts of residual and of noise, independent of each other.
 * A schedule is one curve through it, from the clean image at the origin to (ᾱ_T, β̄_T); sampling may follow another.
 */

/** A point of the plane: the state I_0 + ᾱ I_res + β̄ ε (Eq. 7). */
export interface Point {
  /** ᾱ, the residual's share, 0 … 1. */
  readonly alphaBar: number;
  /** β̄, the noise's standard deviation, from 0. */
  readonly betaBar: number;
}

/** The clean image. */
export const cleanPoint: Point = { alphaBar: 0, betaBar: 0 };
