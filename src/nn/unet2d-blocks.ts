/**
 * The blocks of diffusers' `UNet2DModel`, under its parameter names: residual blocks that add the time, attention over
 * all pixels with biases, and resizing by convolutions. Unlike in the paper's U-Net, nothing is weight-standardised,
 * norms come first, and there is no linear attention.
 */
import { add, conv2d, divide, pad, reshape, silu, transposeLast } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { softmaxAttention } from './attention.ts';
import { convolution, groupNorm, linear, linearParameters } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

/** Settings that a network's blocks share. */
export interface BlockOptions {
  readonly groups: number;
  /** The term that group norms add to the variance. */
  readonly epsilon: number;
  /** Channels of each head of attention; by default one head over all channels. */
  readonly headChannels?: number | undefined;
  /** The divisor of the sum of a block and its input. */
  readonly scale: number;
}

export const threeByThree = { kernel: 3, stride: 1, padding: 1 } as const;

const scaled = (x: Node, scale: number): Node => (scale === 1 ? x : divide(x, scale));

/**
 * Twice norm, SiLU and convolution; time is added in between.
 *
 * @param time SiLU of the time network's output, [N, 4 C]
 */
export function residualBlock(
  x: Node,
  time: Node,
  outChannels: number,
  { groups, epsilon, scale }: BlockOptions,
  parameters: Parameters,
): Node {
  const [batch, inChannels] = x.shape;
  const part = (input: Node, number: 1 | 2): Node => {
    const normal = groupNorm(input, groups, scoped(parameters, `norm${number}`), { epsilon });
    return convolution(silu(normal), { outChannels, ...threeByThree }, scoped(parameters, `conv${number}`));
  };
  const shift = linear(time, outChannels, scoped(parameters, 'time_emb_proj'));
  const h = part(add(part(x, 1), reshape(shift, [batch, outChannels, 1, 1])), 2);
  const skip =
    inChannels === outChannels
      ? x
      : convolution(x, { outChannels, kernel: 1, stride: 1, padding: 0 }, scoped(parameters, 'conv_shortcut'));
  return scaled(add(skip, h), scale);
}

/** x + attention(norm(x)) over all pixels. */
export function attentionBlock(
  x: Node,
  { groups, epsilon, headChannels, scale }: BlockOptions,
  parameters: Parameters,
): Node {
  const [batch, channels, height, width] = x.shape;
  const perHead = headChannels ?? channels;
  const normal = groupNorm(x, groups, scoped(parameters, 'group_norm'), { epsilon });
  // A linear layer at each pixel is a 1×1 convolution.
  const atEachPixel = (image: Node, name: string): Node => {
    const { weight, bias } = linearParameters(channels, channels, scoped(parameters, name));
    return conv2d(image, reshape(weight, [channels, channels, 1, 1]), { stride: 1, padding: 0 }, bias);
  };
  const [queries, keys, values] = ['to_q', 'to_k', 'to_v'].map((name) =>
    reshape(atEachPixel(normal, name), [batch, channels / perHead, perHead, height * width]),
  );
  const attended = transposeLast(softmaxAttention(queries, keys, values));
  return scaled(add(x, atEachPixel(reshape(attended, x.shape), 'to_out.0')), scale);
}

/** Halves the size; with padding 0, zeros are only added below and to the right. */
export function downsample(x: Node, padding: 0 | 1, parameters: Parameters): Node {
  const outChannels = x.shape[1];
  const padded = padding === 0 ? pad(pad(x, 2, 0, 1), 3, 0, 1) : x;
  return convolution(padded, { outChannels, kernel: 3, stride: 2, padding }, scoped(parameters, 'downsamplers.0.conv'));
}

/** Doubles the size by nearest neighbour, then a convolution. */
export const upsample = (x: Node, parameters: Parameters): Node =>
  convolution(
    x,
    { outChannels: x.shape[1], ...threeByThree, upsampled: true },
    scoped(parameters, 'upsamplers.0.conv'),
  );
