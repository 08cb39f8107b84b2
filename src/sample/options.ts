/**
 * What a caller may ask of the sampler. What does not fit a model is refused where the run is planned.
 */
import type { Adjustment } from '../diffusion/adjust.ts';
import type { Clip } from '../diffusion/objective.ts';
import type { Path } from '../diffusion/path.ts';
import type { Update } from '../diffusion/remix.ts';
import type { Schedule } from '../diffusion/schedule.ts';
import type { TimeSpacing } from '../diffusion/times.ts';
import type { VarianceKind } from '../diffusion/variance.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/** Readjusted coefficients (Algorithm 1), and what networks that are told the index t hear of them. */
export interface SampleAdjustment extends Adjustment {
  /**
   * `matched` (default): the index at which training had the coefficient of what the network predicts. `kept`: the
   * step's own index, as in the paper's Fig. 5, where readjusting β² makes denoising fail. Without meaning for networks
   * of cumulative times, which are told the new values.
   */
  readonly index?: 'matched' | 'kept' | undefined;
}

/** How to sample; what is left out comes from the model's configuration. */
export interface SampleOptions {
  /** I_in, [N, C, H, W] in [-1, 1]; every task but generation needs it, even where the network does not see it. */
  readonly input?: Tensor | undefined;
  /** The mask, of the input's shape; only where the network sees it. */
  readonly mask?: Tensor | undefined;
  /** [N, C, H, W] to generate; with an input its shape counts. */
  readonly shape?: Shape | undefined;
  /** Reverse steps, 1 … T. */
  readonly steps?: number | undefined;
  /** How the times of the steps are spread: from T − 1 as the reference, or from 0 as DDIM. */
  readonly times?: TimeSpacing | undefined;
  /** How an image becomes the next: by differences (Eq. 12), or mixed anew as in DDIM. */
  readonly update?: Update | undefined;
  /** η, 0 deterministic … 1. */
  readonly eta?: number | undefined;
  /** Which variance η scales: the paper's (Eq. 49), or that of DDPM and DDIM (Eq. 51). */
  readonly variance?: VarianceKind | undefined;
  /** Clip predictions to [-1, 1] in each step as the reference, or not. */
  readonly clip?: Clip | undefined;
  /** β̄_T², in place of the one trained with. */
  readonly noiseStrength?: number | undefined;
  /** A schedule of the same T in place of the one trained with. */
  readonly schedule?: Schedule | undefined;
  /** Other courses of α and β² in place of the schedule's (Algorithm 1); `{ mode: 'none' }` undoes the model's own. */
  readonly adjust?: SampleAdjustment | undefined;
  /** The way through the plane of residual and noise: `together` along the schedule, or another (section 5.2). */
  readonly path?: Path | undefined;
  /**
   * `noise-strength`: from I_in + √(β̄_T²) ε, where the forward process ends (default). `unit-noise`: from I_in + ε
   * whatever the noise strength, as the reference does in generation; the same at noise strength 1.
   */
  readonly start?: 'noise-strength' | 'unit-noise' | undefined;
  /** Names all random numbers of this run; by default 0. */
  readonly seed?: number | undefined;
  /** ε of the start, in place of the seed's. */
  readonly initialNoise?: Tensor | undefined;
  /** Fresh noise of each step but the last, in place of the seed's; read where σ > 0. */
  readonly stepNoise?: readonly Tensor[] | undefined;
  /** Stops the run between two calls of the network. */
  readonly signal?: AbortSignal | undefined;
}
