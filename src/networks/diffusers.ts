/**
 * The `UNet2DModel` of diffusers as a kind of network; DDPM and DDIM networks are published in this form. Its graph is
 * nn/unet2d.ts. The settings have our names; checkpoint/diffusers-config.ts translates diffusers'.
 */
import { z } from 'zod';
import { diffusersTimeEmbedding } from '../nn/time-embedding.ts';
import { unet2d } from '../nn/unet2d.ts';
import { type NetworkKind, pictureChannels } from './network-kind.ts';
import { unetValuesPerPixel } from './unet-memory.ts';

const levels = z.array(z.enum(['plain', 'attention'])).min(1);

/** The defaults are those of the published DDPM networks. */
const settings = z.strictObject({
  /** Diffusers' `block_out_channels`. */
  widths: z.array(z.int().min(1)).min(1).default([128, 256, 256, 256]).describe('channels of each level'),
  layers: z.int().min(1).default(2).describe('residual blocks per encoder level; decoder levels have one more'),
  /** From the first level on. */
  down: levels.default(['plain', 'attention', 'plain', 'plain']).describe('encoder levels: plain, or with attention'),
  /** In order of execution. */
  up: levels.default(['plain', 'plain', 'attention', 'plain']).describe('decoder levels: plain, or with attention'),
  headChannels: z.int().min(1).optional().describe('channels of each attention head; a single head if omitted'),
  groups: z.int().min(1).default(32).describe('groups of every group norm'),
  epsilon: z.number().positive().max(1).default(1e-6).describe('the term that group norms add to the variance'),
  /** The last frequency of the time embedding is 10000^(−(half − 1)/(half − shift)). */
  frequencyShift: z.number().min(0).default(1).describe('1: the last frequency of time is 1/10000; 0: one step above'),
  timeOrder: z
    .enum(['sine-first', 'cosine-first'])
    .default('sine-first')
    .describe('whether the time embedding begins with sines or with cosines'),
  downPadding: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('zeros around the image before halving: 0 only right and below, 1 on all sides'),
  view: z.enum(['as-is', 'centred']).default('as-is').describe('what the network gets for a picture x: x, or 2x - 1'),
  middleScale: z.number().positive().default(1).describe("the divisor of the middle blocks' sums"),
  size: z
    .tuple([z.int().min(1), z.int().min(1)])
    .optional()
    .describe('height and width of the training pictures'),
  channels: pictureChannels,
});

type Settings = z.output<typeof settings>;

function summary({ widths, layers, down, up, headChannels, channels, groups }: Settings): string {
  const has = [...down, ...up].includes('attention');
  const attending = (kinds: readonly string[]): string =>
    kinds.flatMap((kind, level) => (kind === 'attention' ? [level + 1] : [])).join(' ') || 'none';
  const where = has
    ? `attention on level ${attending(down)} down and ${attending(up)} up`
    : 'attention only in the middle';
  const heads = headChannels === undefined ? 'one head' : `heads of ${headChannels}`;
  return `diffusers, widths ${widths.join(' ')}, ${layers} blocks a level, ${where} (${heads}), ${channels} channels, ${groups} groups`;
}

export const diffusers: NetworkKind<typeof settings> = {
  description: 'the UNet2DModel of diffusers',
  settings,
  refuse({ widths, down, up, headChannels, groups, frequencyShift }, refuse) {
    for (const [name, given] of [
      ['down', down],
      ['up', up],
    ] as const) {
      if (given.length !== widths.length) {
        refuse(`expected ${widths.length} levels, one a width, got ${given.length}`, [name]);
      }
    }
    const undivided = widths.find((width) => width % groups !== 0);
    if (undivided !== undefined) {
      refuse(`expected widths divisible by groups ${groups}, got ${undivided}`, ['widths']);
    }
    const last = widths.length - 1;
    // The middle always has attention.
    const attends = widths.filter((_, i) => down[i] === 'attention' || up[last - i] === 'attention' || i === last);
    const headless = attends.find((width) => headChannels !== undefined && width % headChannels !== 0);
    if (headless !== undefined) {
      refuse(`expected headChannels that divide ${headless}, got ${headChannels}`, ['headChannels']);
    }
    if (widths[0] % 2 !== 0) {
      refuse(`expected an even first width (half sines, half cosines of time), got ${widths[0]}`, ['widths']);
    }
    if (widths[0] / 2 <= frequencyShift) {
      const what = `expected a frequencyShift below ${widths[0] / 2}, half the first width`;
      refuse(`${what}, got ${frequencyShift}`, ['frequencyShift']);
    }
  },
  network(given) {
    const { widths, size } = given;
    return {
      summary: summary(given),
      levels: widths.length,
      sizeMultiple: 2 ** (widths.length - 1),
      trainedSize: size && { height: size[0], width: size[1] },
      timeWidth: widths[0],
      valuesPerPixel: unetValuesPerPixel(widths[0]),
      embeddedTimes: (times) => diffusersTimeEmbedding(times, widths[0], given),
      build: ({ seen, time, outChannels, parameters }) => unet2d(seen, time, { ...given, outChannels }, parameters),
    };
  },
};
