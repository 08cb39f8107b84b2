/**
 * What a caller may ask of the sampler. What does not fit a model is refused where the run is planned.
 */
import type { Clip } from '../diffusion/objective.ts';
import type { Update } from '../diffusion/remix.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import type { WayOptions } from '../model/reverse-way.ts';

/** How to sample; what is left out comes from the model's configuration. */
export interface SampleOptions extends WayOptions {
  /** I_in, [N, C, H, W] in [-1, 1]; every task but generation needs it, even where the network does not see it. */
  readonly input?: Tensor | undefined;
  /** The mask, of the input's shape; only where the network sees it. */
  readonly mask?: Tensor | undefined;
  /** [N, C, H, W] to generate; with an input its shape counts. */
  readonly shape?: Shape | undefined;
  /** How an image becomes the next: by differences (Eq. 12), or mixed anew as in DDIM. */
  readonly update?: Update | undefined;
  /** Clip predictions to [-1, 1] in each step as the reference, or not. */
  readonly clip?: Clip | undefined;
  /** Names all random numbers of this run; by default 0. */
  readonly seed?: number | undefined;
  /** ε of the start, in place of the seed's. */
  readonly initialNoise?: Tensor | undefined;
  /** Fresh noise of each step but the last, in place of the seed's; read where σ > 0. */
  readonly stepNoise?: readonly Tensor[] | undefined;
  /** Stops the run between two calls of the network. */
  readonly signal?: AbortSignal | undefined;
}
