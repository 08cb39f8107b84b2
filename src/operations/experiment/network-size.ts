/**
 * The size of a network by direct count and by the THOP counter, and the time of a step on this machine: the figures of
 * the paper's Table 11 for one and for two networks.
 */
import { type Json, merged } from '../../experiment/canonical.ts';
import { filled } from '../../math/tensor.ts';
import { type ModelConfigInput, modelConfig } from '../../model/config.ts';
import { modelParameters, networkFeeds, networks } from '../../model/networks.ts';
import { countNetwork } from '../../nn/count.ts';
import { initialWeights, stateParameters } from '../../nn/parameters.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';

/** A network as a model configuration, at squares of `side` pixels; `time` steps are timed, none by default. */
export interface SizedNetwork {
  readonly network: Json;
  readonly side: number;
  readonly time: number;
}

/** Figures by metric; parameters in millions, multiply-adds in units of 10⁹. */
export async function networkSize(
  { network, side, time }: SizedNetwork,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Record<string, number[]>> {
  const config = modelConfig(merged({}, network) as ModelConfigInput);
  const { parameters } = stateParameters();
  // Attention as the reference writes it, which is what THOP counted.
  const outputs = Object.values(networks(config, networkFeeds(config, 1, side, side), parameters, 'as-written'));
  const count = countNetwork(outputs);
  const size = {
    parameters: [count.parameters / 1e6],
    multiplyAdds: [count.multiplyAdds / 1e9],
    thopParameters: [count.thop.parameters / 1e6],
    thopMultiplyAdds: [count.thop.multiplyAdds / 1e9],
  };
  if (time === 0) return size;
  const denoiser = createNetworkDenoiser(runtime, config, initialWeights(modelParameters(config), 1));
  const image = filled([1, config.unet.channels, side, side], 0);
  const mask = config.condition === 'input-and-mask' ? { mask: image } : {};
  const seconds: number[] = [];
  try {
    // The first call compiles.
    for (let run = 0; run <= time; run++) {
      signal.throwIfAborted();
      const began = performance.now();
      await denoiser.predict({ noisy: image, input: image, ...mask, residualTime: 500, noiseTime: 500 });
      if (run > 0) seconds.push((performance.now() - began) / 1000);
    }
  } finally {
    await denoiser.release();
  }
  return { ...size, stepSeconds: seconds };
}
