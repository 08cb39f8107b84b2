/**
 * What a sampler needs from a network, whatever runs it. The sampler knows the mathematics and no runtime; an
 * implementation of this interface knows a runtime and no mathematics.
 */
import type { SamplingMethod } from '../diffusion/objective.ts';
import type { Tensor } from '../math/tensor.ts';
import type { ModelConfig } from '../model/config.ts';

/** One call of the network. All tensors are [N, C, H, W]. */
export interface DenoiserRequest {
  /** I_t */
  readonly noisy: Tensor;
  /** I_in; present exactly if `config.condition` names it. */
  readonly input?: Tensor;
  /** The mask; present exactly if `config.condition` names it. */
  readonly mask?: Tensor;
  /** The time input of the residual's network: the index t, or ᾱ_t·T with `config.time` "cumulative". */
  readonly residualTime: number;
  /** The time input of the noise's network: the index t, or β̄_t·T with `config.time` "cumulative". */
  readonly noiseTime: number;
  /** Which of two predictions is needed; by default both. The result may hold more. */
  readonly method?: SamplingMethod;
}

/**
 * The prediction: the tensors that `config.objective` names, of the shape of `noisy`. A shared encoder's outputs are
 * already subtracted.
 */
export interface DenoiserAnswer {
  /** I_res^θ */
  readonly residual?: Tensor;
  /** ε^θ */
  readonly noise?: Tensor;
  /** I_0^θ */
  readonly clean?: Tensor;
}

/** A trained network with its configuration. The sampler copies what it keeps, so buffers may be reused. */
export interface Denoiser {
  readonly config: ModelConfig;
  /** Runs the network once. */
  predict(request: DenoiserRequest): Promise<DenoiserAnswer>;
}
