/**
 * A model's networks as graph: one network of any kind, two, or one encoder with two decoders, behind one function that
 * returns the predicted residual and noise.
 */
import { concat, feed, split, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { kindName, networkOf } from '../networks/registry.ts';
import type { LinearOrder } from '../nn/attention.ts';
import { type ParameterSpec, type Parameters, recordParameters, scoped } from '../nn/parameters.ts';
import type { ModelConfig } from './config.ts';

/** The networks' inputs: images [N, C, H, W] in [-1, 1] and sinusoids of time [N, dim]. */
export interface NetworkInputs {
  /** I_t */
  readonly noisy: Node;
  /** I_in, if the model is conditional. */
  readonly input?: Node | undefined;
  readonly mask?: Node | undefined;
  readonly residualTime: Node;
  /** The noise network's time; the same node as `residualTime` unless time is cumulative. */
  readonly noiseTime: Node;
}

/** The networks' predictions; which of them exist depends on the objective. */
export interface NetworkOutputs {
  /** I_res^θ */
  readonly residual?: Node;
  /** ε^θ */
  readonly noise?: Node;
  /** I_0^θ */
  readonly clean?: Node;
}

/**
 * Builds a model's networks.
 *
 * @param attentionOrder `as-written` to count or compare; the result is the same
 * @returns the predictions, each [N, C, H, W] like the noisy image
 * @throws RddmError if the images' sides are not divisible
 */
export function networks(
  config: ModelConfig,
  inputs: NetworkInputs,
  parameters: Parameters,
  attentionOrder?: LinearOrder,
): NetworkOutputs {
  const { channels } = config.unet;
  const network = networkOf(config.unet);
  // The reference's order: I_t, I_in, mask.
  const seen = concat(
    [inputs.noisy, inputs.input, inputs.mask].filter((node) => node !== undefined),
    1,
  );
  const one = (time: Node, outChannels: number, name: string): Node =>
    network.build({ seen, time, outChannels, parameters: scoped(parameters, name), attentionOrder });

  switch (config.networks) {
    case 'two':
      return {
        residual: one(inputs.residualTime, channels, 'unet0'),
        noise: one(inputs.noiseTime, channels, 'unet1'),
      };
    case 'shared-encoder': {
      if (!network.buildSharedEncoder) {
        throw expected('networks', 'a kind of unet with shared encoders', `"${kindName(config.unet)}"`);
      }
      const request = { seen, time: inputs.residualTime, outChannels: channels, parameters, attentionOrder };
      const [residual, second] = network.buildSharedEncoder(request);
      return { residual, noise: config.secondDecoder === 'noise' ? second : subtract(second, residual) };
    }
    case 'one': {
      if (config.objective === 'residual') return { residual: one(inputs.residualTime, channels, 'unet0') };
      if (config.objective === 'noise') return { noise: one(inputs.noiseTime, channels, 'unet0') };
      if (config.objective === 'clean') return { clean: one(inputs.residualTime, channels, 'unet0') };
      const [residual, noise] = split(one(inputs.residualTime, 2 * channels, 'unet0'), 1, 2);
      return { residual, noise };
    }
  }
}

/** The feeds of a model's networks for a batch of images. */
export function networkFeeds(config: ModelConfig, batch: number, height: number, width: number): NetworkInputs {
  const image = [batch, config.unet.channels, height, width];
  const time = [batch, networkOf(config.unet).timeWidth];
  const residualTime = feed('residualTime', time);
  return {
    noisy: feed('noisy', image),
    input: config.condition === 'none' ? undefined : feed('input', image),
    mask: config.condition === 'input-and-mask' ? feed('mask', image) : undefined,
    residualTime,
    noiseTime: config.time === 'cumulative' ? feed('noiseTime', time) : residualTime,
  };
}

/**
 * Every weight of a model, by its reference name.
 *
 * @example
 * ```ts
 * import { modelConfig, modelParameters } from 'rddm';
 * import assert from 'node:assert/strict';
 * const specs = modelParameters(modelConfig({ unet: { dim: 8, multipliers: [1, 2] } }));
 * assert.deepEqual(specs['unet0.final_conv.weight'].shape, [3, 8, 1, 1]);
 * ```
 */
export function modelParameters(config: ModelConfig): Record<string, ParameterSpec> {
  const side = networkOf(config.unet).sizeMultiple;
  return recordParameters((parameters) => networks(config, networkFeeds(config, 1, side, side), parameters));
}
