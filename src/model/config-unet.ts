/** The network's part of `config.json`: the U-Net of the paper (SPEC 9). */
import { z } from 'zod';

/** The U-Net's settings; each field documents itself. */
export const unetSchema = z.strictObject({
  /** Channels of the first level. */
  dim: z.int().min(2).default(64).describe('channels of the first level'),
  /** Channels of each level as multiples of `dim`; one entry a level. */
  multipliers: z
    .array(z.int().min(1))
    .min(1)
    .default([1, 2, 4, 8])
    .describe('channels of each level, in multiples of dim'),
  /** Groups of every group norm. */
  groups: z.int().min(1).default(8).describe('groups of every group norm'),
  /** Channels of the picture: 3 colour, 1 grey. */
  channels: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .describe('channels of the picture: 3 colour, 1 grey'),
});
