/**
 * What a sampler asks of a network, whatever runs it. The sampler knows the mathematics and no runtime; whoever
 * implements this knows a runtime and no mathematics.
 */
import type { SamplingMethod } from '../diffusion/objective.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';

/** One question to the network. All tensors are [N, C, H, W]. */
export interface DenoiserRequest {
  /** I_t */
  readonly noisy: Tensor;
  /** I_in; there exactly when `config.condition` names it. */
  readonly input?: Tensor;
  /** The mask; there exactly when `config.condition` names it. */
  readonly mask?: Tensor;
  /** Time as the residual's network is told it: the index t, or ᾱ_t·T with `config.time` "cumulative". */
  readonly residualTime: number;
  /** Time as the noise's network is told it: the index t, or β̄_t·T with `config.time` "cumulative". */
  readonly noiseTime: number;
  /** Which of two predictions is asked for; both where it is left out. The answer may hold more. */
  readonly method?: SamplingMethod;
}

/** What it answers: what `config.objective` names, of the shape of `noisy`. A shared encoder's outputs are already subtracted. */
export interface DenoiserAnswer {
  /** I_res^θ */
  readonly residual?: Tensor;
  /** ε^θ */
  readonly noise?: Tensor;
  /** I_0^θ */
  readonly clean?: Tensor;
}

/** A trained network with its configuration. The sampler copies what it keeps, so buffers may be used again. */
export interface Denoiser {
  readonly config: ModelConfig;
  predict(request: DenoiserRequest): Promise<DenoiserAnswer>;
}
