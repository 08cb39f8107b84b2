/** The receptive field of a model: which pixels of I_t, of the input and of the mask its predictions depend on. */
import type { ReceptiveField } from '../graph/receptive-field.ts';
import { fieldOfAnySize } from '../networks/field-of-any-size.ts';
import { networkOf } from '../networks/registry.ts';
import type { ModelConfig } from './config.ts';
import { networkFeeds, networks } from './networks.ts';

/**
 * @throws RddmError if a network looks everywhere, as the paper's does
 */
export const modelField = (config: ModelConfig): ReceptiveField =>
  fieldOfAnySize(networkOf(config.unet).sizeMultiple, (height, width, parameters) => {
    const inputs = networkFeeds(config, 1, height, width);
    return {
      outputs: Object.values(networks(config, inputs, parameters)),
      images: [inputs.noisy, inputs.input, inputs.mask].filter((image) => image !== undefined),
    };
  });
