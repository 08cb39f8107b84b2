/**
 * The blocks of the local network, one rule a kind. To add a kind, add a row to `localBlocks`; the schema of a model's
 * configuration then knows it.
 */
import { add, multiply, relu, reshape, split } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { convolution, linear, normalizedChannels, withGainAndBias } from './layers.ts';
import { type Parameters, scoped } from './parameters.ts';

export const threeByThree = { kernel: 3, stride: 1, padding: 1 } as const;
export const atEachPixel = { kernel: 1, stride: 1, padding: 0 } as const;

/** A kind of block. Images are [N, C, H, W]; `time` are hidden features of time, [N, F]. */
export interface LocalBlockRule {
  /** A few words for documentation. */
  readonly description: string;
  /** How time enters ahead of all blocks, if it does not enter each. */
  entry?(x: Node, time: Node, parameters: Parameters): Node;
  block(x: Node, time: Node, parameters: Parameters): Node;
}

/** The product of both halves of the channels: NAFNet's only nonlinearity beside the norms. */
function gated(x: Node): Node {
  const [left, right] = split(x, 1, 2);
  return multiply(left, right);
}

/**
 * NAFNet's block without its channel attention, which averages over the whole picture: a part that mixes near pixels of a
 * channel, then one that mixes the channels of a pixel. Each is added to its input with a gain a channel that starts at 0,
 * so that a new block changes nothing. Each norm is one of a single pixel, and time scales and shifts it.
 */
function gatedBlock(x: Node, time: Node, parameters: Parameters): Node {
  const [batch, channels] = x.shape;
  const moments = reshape(linear(time, 4 * channels, scoped(parameters, 'time')), [batch, 4 * channels, 1, 1]);
  const [scale1, shift1, scale2, shift2] = split(moments, 1, 4);
  const normal = (input: Node, name: string, scale: Node, shift: Node): Node =>
    withGainAndBias(normalizedChannels(input), scoped(parameters, name), { scale, shift });
  const mixed = (input: Node, outChannels: number, name: string): Node =>
    convolution(input, { outChannels, ...atEachPixel }, scoped(parameters, name));
  const added = (input: Node, change: Node, name: string): Node =>
    add(input, multiply(change, parameters(name, [1, channels, 1, 1], { value: 0 })));

  const wide = mixed(normal(x, 'norm1', scale1, shift1), 2 * channels, 'conv1');
  const depthwise = { outChannels: 2 * channels, groups: 2 * channels, ...threeByThree };
  const near = convolution(wide, depthwise, scoped(parameters, 'conv2'));
  const y = added(x, mixed(gated(near), channels, 'conv3'), 'beta');
  const wider = mixed(normal(y, 'norm2', scale2, shift2), 2 * channels, 'conv4');
  return added(y, mixed(gated(wider), channels, 'conv5'), 'gamma');
}

/**
 * Two 3×3 convolutions around a ReLU, added to their input: the block of DRUNet (Zhang et al. 2021, "Plug-and-Play Image
 * Restoration with Deep Denoiser Prior"). It has no norm, and few passes over memory for its products.
 */
function plainBlock(x: Node, _time: Node, parameters: Parameters): Node {
  const near = (input: Node, name: string): Node =>
    convolution(input, { outChannels: x.shape[1], ...threeByThree }, scoped(parameters, name));
  return add(x, near(relu(near(x, 'conv1')), 'conv2'));
}

/** Every kind of block, by its name in a configuration. */
export const localBlocks = {
  plain: {
    description: 'two 3×3 convolutions around a ReLU',
    // DRUNet takes the noise level as one more plane of its input, which the first convolution makes the same.
    entry(x, time, parameters) {
      const [batch, channels] = x.shape;
      return add(x, reshape(linear(time, channels, scoped(parameters, 'time')), [batch, channels, 1, 1]));
    },
    block: plainBlock,
  },
  gated: { description: "NAFNet's, with a norm of each pixel", block: gatedBlock },
} satisfies Readonly<Record<string, LocalBlockRule>>;

/** The name of a kind of block. */
export type LocalBlockKind = keyof typeof localBlocks;

/** The names of all kinds. */
export const localBlockKinds = Object.keys(localBlocks) as [LocalBlockKind, ...LocalBlockKind[]];

/** The kinds in a line of text. */
export const localBlockDescriptions = localBlockKinds
  .map((name) => `"${name}": ${localBlocks[name].description}`)
  .join(', ');
