/**
 * What the two kinds of U-Net differ in, asked in one place: what pictures and times must look like, how a network is
 * built, and how it is called in a line of text.
 */
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import type { LinearOrder } from '../nn/attention.ts';
import type { Parameters } from '../nn/parameters.ts';
import { diffusersTimeEmbedding, timeEmbedding } from '../nn/time-embedding.ts';
import { unet } from '../nn/unet.ts';
import { unet2d } from '../nn/unet2d.ts';
import type { PaperUnet, UnetConfig } from './config-unet.ts';

/** The paper's U-Net, for whoever knows no other. */
export function paperUnet(config: UnetConfig, where: string): PaperUnet {
  if (config.kind !== 'diffusers') return config;
  throw expected(where, "the paper's U-Net", 'one of kind "diffusers"');
}

/** How many levels the U-Net has; each but the last halves the sides. */
export const levelCount = (config: UnetConfig): number =>
  config.kind === 'diffusers' ? config.widths.length : config.multipliers.length;

/** How much a picture's sides must be divisible by. */
export const sizeMultiple = (config: UnetConfig): number => 2 ** (levelCount(config) - 1);

/** Channels of the first level, and of the time embedding. */
export const firstWidth = (config: UnetConfig): number => (config.kind === 'diffusers' ? config.widths[0] : config.dim);

/** The embedding [N, firstWidth] of each image's time. */
export const embeddedTimes = (config: UnetConfig, times: ArrayLike<number>): Tensor =>
  config.kind === 'diffusers'
    ? diffusersTimeEmbedding(times, config.widths[0], config)
    : timeEmbedding(times, config.dim);

/** The size of the pictures that a network is known to have been trained on, else 64. */
export function trainedSize(config: UnetConfig): { readonly height: number; readonly width: number } {
  const [height, width] = (config.kind === 'diffusers' && config.size) || [64, 64];
  return { height, width };
}

/**
 * Builds a U-Net of one output.
 *
 * @param seen what it sees, [N, C, H, W]
 * @param time embedded times
 * @param attentionOrder of linear attention, which the paper's U-Net has
 * @returns [N, outChannels, H, W]
 */
export function buildUnet(
  config: UnetConfig,
  seen: Node,
  time: Node,
  outChannels: number,
  parameters: Parameters,
  attentionOrder?: LinearOrder,
): Node {
  if (config.kind === 'diffusers') return unet2d(seen, time, { ...config, outChannels }, parameters);
  return unet(seen, time, { ...config, attentionOrder, outChannels }, 'one', parameters)[0];
}

/** The network's sizes in a line. */
export function describeUnet(config: UnetConfig): string {
  const { channels, groups } = config;
  if (config.kind !== 'diffusers') {
    return `dim ${config.dim}, multipliers ${config.multipliers.join(' ')}, ${channels} channels, ${groups} groups`;
  }
  const { widths, layers, down, up, headChannels } = config;
  const has = [...down, ...up].includes('attention');
  const levels = (kinds: readonly string[]): string =>
    kinds.flatMap((kind, level) => (kind === 'attention' ? [level + 1] : [])).join(' ') || 'none';
  const where = has ? `attention on level ${levels(down)} down and ${levels(up)} up` : 'attention in the middle alone';
  const heads = headChannels === undefined ? 'one head' : `heads of ${headChannels}`;
  return `diffusers, widths ${widths.join(' ')}, ${layers} blocks a level, ${where} (${heads}), ${channels} channels, ${groups} groups`;
}
