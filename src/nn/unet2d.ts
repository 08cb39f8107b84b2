/**
 * The `UNet2DModel` of diffusers, the structure of the published DDPM networks (google/ddpm-cifar10-32,
 * google/ddpm-celebahq-256), under its parameter names (those since version 0.17). networks/diffusers.ts has its
 * settings. Left out are variants that no published unconditional network of this kind uses: other block types, Fourier
 * features of time, classes, a time that scales.
 */
import { add, concat, multiply, silu } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import { convolution, groupNorm, linear } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';
import {
  attentionBlock,
  type BlockOptions,
  downsample,
  residualBlock,
  threeByThree,
  upsample,
} from './unet2d-blocks.ts';

/** A level's blocks: only residual, or each followed by attention. */
type LevelKind = 'plain' | 'attention';

/** The settings of the network. */
export interface Unet2dOptions extends Omit<BlockOptions, 'scale'> {
  /** Channels of each level. */
  readonly widths: readonly number[];
  /** Residual blocks per encoder level; decoder levels have one more. */
  readonly layers: number;
  readonly down: readonly LevelKind[];
  readonly up: readonly LevelKind[];
  /** Zeros around a halving convolution's image: only right and below (0), or on all sides (1). */
  readonly downPadding: 0 | 1;
  /** The network's view of x: x, or 2x − 1. */
  readonly view: 'as-is' | 'centred';
  /** The divisor of the middle blocks' sums. */
  readonly middleScale: number;
  readonly outChannels: number;
}

/** Sinusoids [N, C] → SiLU of the time network's output, [N, 4 C], which every block takes. */
function timeNetwork(embedding: Node, channels: number, parameters: Parameters): Node {
  const hidden = silu(linear(embedding, 4 * channels, scoped(parameters, 'linear_1')));
  return silu(linear(hidden, 4 * channels, scoped(parameters, 'linear_2')));
}

/**
 * Builds the network.
 *
 * @param x images [N, C, H, W]; H and W divisible by 2^(levels − 1)
 * @param embedding sinusoids of each image's time, [N, widths[0]]
 * @returns [N, outChannels, H, W]
 * @throws RddmError if the size is not divisible, the groups do not divide the channels, or the embedding has another
 *   shape
 */
export function unet2d(x: Node, embedding: Node, options: Unet2dOptions, parameters: Parameters): Node {
  const { widths, layers, down, up, groups, epsilon, middleScale, outChannels } = options;
  const multiple = 2 ** (widths.length - 1);
  const [batch, , height, width] = x.shape;
  if (x.shape.length !== 4) throw expected('unet2d', 'images [N, C, H, W]', showShape(x.shape));
  if (height % multiple !== 0 || width % multiple !== 0) {
    throw expected('unet2d', `a height and width divisible by ${multiple}`, `${height}x${width}`, 'pad the image');
  }
  if (!sameShape(embedding.shape, [batch, widths[0]])) {
    throw expected('unet2d', `a time embedding of ${showShape([batch, widths[0]])}`, showShape(embedding.shape));
  }
  const time = timeNetwork(embedding, widths[0], scoped(parameters, 'time_embedding'));
  const blockOptions = { ...options, scale: 1 };
  const last = widths.length - 1;
  /** A residual block, and attention if the level has it; both are numbered within the level. */
  const block = (input: Node, channels: number, kind: LevelKind, level: Parameters, number: number): Node => {
    const y = residualBlock(input, time, channels, blockOptions, scoped(level, `resnets.${number}`));
    return kind === 'plain' ? y : attentionBlock(y, blockOptions, scoped(level, `attentions.${number}`));
  };

  const seen = options.view === 'centred' ? add(multiply(x, 2), -1) : x;
  let y = convolution(seen, { outChannels: widths[0], ...threeByThree }, scoped(parameters, 'conv_in'));
  const skips = [y];
  widths.forEach((channels, i) => {
    const level = scoped(parameters, `down_blocks.${i}`);
    for (let number = 0; number < layers; number++) {
      y = block(y, channels, down[i], level, number);
      skips.push(y);
    }
    if (i === last) return;
    y = downsample(y, options.downPadding, level);
    skips.push(y);
  });

  const middle = scoped(parameters, 'mid_block');
  const middleOptions = { ...options, scale: middleScale };
  y = residualBlock(y, time, widths[last], middleOptions, scoped(middle, 'resnets.0'));
  y = attentionBlock(y, middleOptions, scoped(middle, 'attentions.0'));
  y = residualBlock(y, time, widths[last], middleOptions, scoped(middle, 'resnets.1'));

  [...widths].reverse().forEach((channels, i) => {
    const level = scoped(parameters, `up_blocks.${i}`);
    for (let number = 0; number <= layers; number++) {
      y = block(concat([y, skips.pop() as Node], 1), channels, up[i], level, number);
    }
    if (i < last) y = upsample(y, level);
  });
  const normal = silu(groupNorm(y, groups, scoped(parameters, 'conv_norm_out'), { epsilon }));
  return convolution(normal, { outChannels, ...threeByThree }, scoped(parameters, 'conv_out'));
}
