/**
 * The network's part of `config.json` where it is a `UNet2DModel` of diffusers, in which DDPM and DDIM networks are
 * published. Its settings have our words; checkpoint/diffusers-config.ts translates theirs.
 */
import { z } from 'zod';

const levels = z.array(z.enum(['plain', 'attention'])).min(1);

/** The settings of diffusers' U-Net; each field documents itself. Defaults are those of the published DDPM networks. */
export const unet2dSchema = z.strictObject({
  kind: z.literal('diffusers').describe('the UNet2DModel of diffusers'),
  /** Channels of each level, `block_out_channels` there. */
  widths: z.array(z.int().min(1)).min(1).default([128, 256, 256, 256]).describe('channels of each level'),
  /** Residual blocks of each level on the way down; one more on the way up. */
  layers: z.int().min(1).default(2).describe('residual blocks of each level on the way down; one more on the way up'),
  /** Which levels have attention behind each residual block, from the first on the way down. */
  down: levels
    .default(['plain', 'attention', 'plain', 'plain'])
    .describe('levels on the way down: plain, or with attention'),
  /** The same for the levels on the way up, in the order in which they are passed. */
  up: levels
    .default(['plain', 'plain', 'attention', 'plain'])
    .describe('levels on the way up: plain, or with attention'),
  /** Channels of each head of attention; one head over all channels where left out. */
  headChannels: z.int().min(1).optional().describe('channels of each head of attention; left out for a single head'),
  /** Groups of every group norm. */
  groups: z.int().min(1).default(32).describe('groups of every group norm'),
  /** What every group norm adds to the variance. */
  epsilon: z.number().positive().max(1).default(1e-6).describe('what every group norm adds to the variance'),
  /** The last frequency of the time embedding is 10000^(−(half − 1)/(half − shift)). */
  frequencyShift: z.number().min(0).default(1).describe('1: the last frequency of time is 1/10000; 0: one step above'),
  timeOrder: z
    .enum(['sine-first', 'cosine-first'])
    .default('sine-first')
    .describe('whether the time embedding begins with sines or with cosines'),
  /** Zeros around the picture before each halving convolution: right and below alone (0), or on all sides (1). */
  downPadding: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('zeros before a halving convolution: 0 right and below alone, 1 on all sides'),
  /** `centred`: the network sees 2x − 1. */
  view: z.enum(['as-is', 'centred']).default('as-is').describe('what the network sees of a picture x: x, or 2x - 1'),
  /** What the sums of the blocks in the middle are divided by. */
  middleScale: z.number().positive().default(1).describe('what the sums of the middle blocks are divided by'),
  /** Height and width of the pictures that it was trained on. */
  size: z
    .tuple([z.int().min(1), z.int().min(1)])
    .optional()
    .describe('height and width of the pictures that it was trained on'),
  /** Channels of the picture: 3 colour, 1 grey. */
  channels: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .describe('channels of the picture: 3 colour, 1 grey'),
});

/** The settings of diffusers' U-Net, complete. */
export type Unet2dConfig = z.infer<typeof unet2dSchema>;
