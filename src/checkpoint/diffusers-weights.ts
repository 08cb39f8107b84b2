/**
 * The weights of a diffusers `UNet2DModel` under the names of our model directory: diffusers' own since version 0.17,
 * after `unet0.`. Up to 0.16 the attention layers had other names; both are read.
 */
import { expected } from '../math/errors.ts';
import type { TensorMap } from '../math/tensor.ts';

/** The layers of an attention block, by their old names. */
const newNames = { query: 'to_q', key: 'to_k', value: 'to_v', proj_attn: 'to_out.0' } as const;

const oldLayer = /^(.*\battentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;

/**
 * Renames weights to our names.
 *
 * @param weights under the names of any version of diffusers
 * @param where the file's name, for messages
 * @throws RddmError if the file has a layer under both its names
 *
 * @example
 * ```ts
 * import { tensor, weightsOfDiffusers } from 'rddm';
 * import assert from 'node:assert/strict';
 * const bias = tensor([1], [0.5]);
 * const weights = weightsOfDiffusers({ 'mid_block.attentions.0.query.bias': bias, 'conv_in.bias': bias });
 * assert.deepEqual(Object.keys(weights), ['unet0.mid_block.attentions.0.to_q.bias', 'unet0.conv_in.bias']);
 * ```
 */
export function weightsOfDiffusers(weights: TensorMap, where = 'weightsOfDiffusers'): TensorMap {
  const renamed = Object.entries(weights).map(([name, weight]) => {
    const [, block, layer, part] = oldLayer.exec(name) ?? [];
    const current = block === undefined ? name : `${block}.${newNames[layer as keyof typeof newNames]}.${part}`;
    if (current !== name && Object.hasOwn(weights, current)) {
      throw expected(
        where,
        'one name for each layer',
        `both ${name} and ${current}`,
        'no version of diffusers writes both',
      );
    }
    return [`unet0.${current}`, weight] as const;
  });
  return Object.fromEntries(renamed);
}
