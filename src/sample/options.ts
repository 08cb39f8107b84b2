/**
 * What a caller may ask of the sampler. What does not fit a model is refused where the run is planned.
 */
import type { Clip } from '../diffusion/objective.ts';
import type { Schedule } from '../diffusion/schedule.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

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
  /** η, 0 deterministic … 1. */
  readonly eta?: number | undefined;
  /** Clip predictions to [-1, 1] in each step as the reference, or not. */
  readonly clip?: Clip | undefined;
  /** β̄_T², in place of the one trained with. */
  readonly noiseStrength?: number | undefined;
  /** A schedule of the same T in place of the one trained with. */
  readonly schedule?: Schedule | undefined;
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
