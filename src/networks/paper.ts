/** The paper's U-Net as a kind of network; its graph is nn/unet.ts. */
import { z } from 'zod';
import { expected } from '../math/errors.ts';
import { timeEmbedding } from '../nn/time-embedding.ts';
import { unet } from '../nn/unet.ts';
import { type NetworkKind, pictureChannels, type WeightReader } from './network-kind.ts';
import { convolutionShape, foreign } from './read-weights.ts';
import { unetValuesPerPixel } from './unet-memory.ts';

const settings = z.strictObject({
  dim: z.int().min(2).default(64).describe('channels of the first level'),
  multipliers: z
    .array(z.int().min(1))
    .min(1)
    .default([1, 2, 4, 8])
    .describe('channels of each level, in multiples of dim'),
  groups: z.int().min(1).default(8).describe('groups of every group norm'),
  channels: pictureChannels,
});

const reader: WeightReader = {
  sign: 'init_conv.weight',
  secondDecoder: 'ups_no_skip.',
  unseen: ['groups'],
  read(weights, prefix, isShared, where) {
    const first = convolutionShape(weights, `${prefix}init_conv.weight`, [7], where);
    const dim = first.outputs;
    const multipliers: number[] = [];
    let width = dim;
    for (let level = 0; Object.hasOwn(weights, `${prefix}downs.${level}.3.weight`); level++) {
      // The last level has a 3×3 convolution instead of the downsampling one.
      const down = convolutionShape(weights, `${prefix}downs.${level}.3.weight`, [3, 4], where);
      if (down.inputs !== width || down.outputs % dim !== 0) {
        const what = `${prefix}downs.${level}.3.weight from ${width} channels to a multiple of ${dim}`;
        throw expected(where, what, `from ${down.inputs} to ${down.outputs}`, foreign);
      }
      width = down.outputs;
      multipliers.push(width / dim);
    }
    if (multipliers.length === 0) throw expected(where, `a weight ${prefix}downs.0.3.weight`, 'none', foreign);
    const last = isShared ? 'final_conv_1' : 'final_conv';
    const { outputs } = convolutionShape(weights, `${prefix}${last}.weight`, [1], where);
    return { settings: { dim, multipliers }, inputs: first.inputs, outputs };
  },
};

/**
 * After the last block nothing averages out rounding errors. Of its three convolutions only the first is worth 8 bits:
 * it is among the largest of the network and costs the shipped model 0.05 dB; the shortcut costs 0.11 dB and is a tenth
 * of it, the second costs 1 dB. The network's first convolution has too few channels to gain anything.
 */
const keptExact = /(^|\.)(init_conv|final_res_block\.(block2|res_conv)|final_conv)/;

export const paper: NetworkKind<typeof settings> = {
  description: "the paper's U-Net",
  settings,
  reader,
  refuse({ dim, multipliers, groups }, refuse) {
    const wrong = multipliers.find((multiplier) => (dim * multiplier) % groups !== 0);
    if (wrong !== undefined) {
      refuse(`expected dim times each multiplier to be divisible by groups ${groups}, got ${dim} x ${wrong}`, []);
    }
    if (dim % groups !== 0) refuse(`expected dim divisible by groups ${groups}, got ${dim}`, ['dim']);
    if (dim % 2 !== 0) refuse(`expected an even dim (half sines, half cosines of time), got ${dim}`, ['dim']);
    if (dim < 4) refuse(`expected dim of at least 4 (the time embedding divides by dim/2 - 1), got ${dim}`, ['dim']);
  },
  network({ dim, multipliers, groups, channels }) {
    const options = { dim, multipliers, groups };
    return {
      summary: `dim ${dim}, multipliers ${multipliers.join(' ')}, ${channels} channels, ${groups} groups`,
      levels: multipliers.length,
      sizeMultiple: 2 ** (multipliers.length - 1),
      timeWidth: dim,
      valuesPerPixel: unetValuesPerPixel(dim),
      keptExact,
      embeddedTimes: (times) => timeEmbedding(times, dim),
      build: ({ seen, time, parameters, ...request }) =>
        unet(seen, time, { ...options, ...request }, 'one', parameters)[0],
      buildSharedEncoder({ seen, time, parameters, ...request }) {
        const [first, second] = unet(seen, time, { ...options, ...request }, 'shared-encoder', parameters);
        return [first, second];
      },
    };
  },
};
