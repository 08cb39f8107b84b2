/** The network's part of `config.json`: the U-Net of the paper, or one of diffusers (config-unet2d.ts). */
import { z } from 'zod';
import { unet2dSchema } from './config-unet2d.ts';

/** The settings of the paper's U-Net; each field documents itself. */
const paperUnetSchema = z.strictObject({
  /** May be left out, as it was before there were others. */
  kind: z.literal('rddm').optional().describe("the paper's U-Net"),
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

/** The network's settings, by its `kind`. */
export const unetSchema = z.discriminatedUnion('kind', [paperUnetSchema, unet2dSchema]);

/** Either U-Net's settings. */
export type UnetConfig = z.infer<typeof unetSchema>;
/** The paper's U-Net's settings. */
export type PaperUnet = z.infer<typeof paperUnetSchema>;
/** Settings of the paper's U-Net as a person may write them. */
export type PaperUnetInput = z.input<typeof paperUnetSchema>;
