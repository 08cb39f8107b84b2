/**
 * The options of the sampler. plan.ts refuses those that do not fit a model.
 */
import type { Clip } from '../diffusion/objective.ts';
import type { Update } from '../diffusion/remix.ts';
import type { Shape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import type { WayOptions } from '../model/reverse-way.ts';

/** How to sample; omitted options come from the model's configuration. */
export interface SampleOptions extends WayOptions {
  /** I_in, [N, C, H, W] in [-1, 1]; every task but generation needs it, even if the network does not see it. */
  readonly input?: Tensor | undefined;
  /** The mask, of the input's shape; only if the network sees it. */
  readonly mask?: Tensor | undefined;
  /** [N, C, H, W] to generate; with an input, the input's shape is used. */
  readonly shape?: Shape | undefined;
  /** How an image becomes the next: by differences (Eq. 12), or by mixing the estimate again as in DDIM. */
  readonly update?: Update | undefined;
  /** Whether to clip predictions to [-1, 1] in each step, like the reference. */
  readonly clip?: Clip | undefined;
  /** The random seed; by default 0. */
  readonly seed?: number | undefined;
  /** ε of the start, instead of the seed's. */
  readonly initialNoise?: Tensor | undefined;
  /** Fresh noise of each step but the last, instead of the seed's; used where σ > 0. */
  readonly stepNoise?: readonly Tensor[] | undefined;
  /** Stops the run between two calls of the network. */
  readonly signal?: AbortSignal | undefined;
}
