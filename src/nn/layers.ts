/**
 * The layers of the U-Net, each a function from node to node. Weights are initialised like PyTorch's (uniform in
 * ±1/√fan_in), since the paper's settings were found with those.
 */
import {
  add,
  conv2d,
  divide,
  matmul,
  mean,
  multiply,
  normalize,
  reshape,
  sqrt,
  square,
  subtract,
  transpose,
} from '../graph/build.ts';
import type { ConvolutionAttributes, Node } from '../graph/node.ts';
import { expected } from '../math/errors.ts';
import { elementCount, type Shape } from '../math/shape.ts';
import type { Parameters } from './parameters.ts';

/** The epsilon of every norm in the paper's U-Net, for float32. */
const EPSILON = 1e-5;

const fanInBound = (fanIn: number): { uniform: number } => ({ uniform: 1 / Math.sqrt(fanIn) });

/** A bias or gain per channel, [C], shaped for an image [N, C, H, W]. */
export const perChannel = (vector: Node): Node => reshape(vector, [vector.shape[0], 1, 1]);

interface ConvolutionOptions extends ConvolutionAttributes {
  readonly outChannels: number;
  readonly kernel: number;
  /** Weight standardisation: each output channel's kernel gets mean 0 and variance 1. */
  readonly weights?: 'standardised';
}

/** The weight [O, I/groups, k, k] and the bias [O] of a convolution. */
export function convolutionParameters(shape: Shape, parameters: Parameters): { weight: Node; bias: Node } {
  const bound = fanInBound(elementCount(shape.slice(1)));
  return { weight: parameters('weight', shape, bound), bias: parameters('bias', [shape[0]], bound) };
}

/**
 * A convolution with bias; x is [N, I, H, W], the weight [O, I/groups, k, k].
 *
 * @throws RddmError if the groups do not divide the channels
 */
export function convolution(x: Node, options: ConvolutionOptions, parameters: Parameters): Node {
  const { outChannels, kernel, stride, padding, upsampled, groups = 1 } = options;
  const inChannels = x.shape[1];
  if (inChannels % groups !== 0)
    throw expected('convolution', `channels divisible by ${groups} groups`, String(inChannels));
  const shape = [outChannels, inChannels / groups, kernel, kernel];
  const { weight: raw, bias } = convolutionParameters(shape, parameters);
  const weight =
    options.weights === 'standardised'
      ? reshape(normalize(reshape(raw, [outChannels, elementCount(shape.slice(1))]), EPSILON), shape)
      : raw;
  return conv2d(x, weight, { stride, padding, ...(upsampled && { upsampled }), ...(groups > 1 && { groups }) }, bias);
}

/** The weight [O, I] and the bias [O] of a linear layer. */
export function linearParameters(inFeatures: number, outFeatures: number, parameters: Parameters) {
  return {
    weight: parameters('weight', [outFeatures, inFeatures], fanInBound(inFeatures)),
    bias: parameters('bias', [outFeatures], fanInBound(inFeatures)),
  };
}

/** y = x Wᵀ + b; x is [N, I], the weight [O, I]. */
export function linear(x: Node, outFeatures: number, parameters: Parameters): Node {
  const { weight, bias } = linearParameters(x.shape[1], outFeatures, parameters);
  return add(matmul(x, transpose(weight, [1, 0])), bias);
}

/** How time changes what a norm gives: n becomes n·(scale + 1) + shift, both [N, C, 1, 1]. */
interface TimeModulation {
  readonly scale: Node;
  readonly shift: Node;
}

/**
 * What follows a norm: a gain and a bias a channel, then the time's scale and shift where given. n·w + b, then
 * ·(scale + 1) + shift, written as one gain and one bias so that the image is passed twice, not four times.
 *
 * @param normal [N, C, H, W]
 */
export function withGainAndBias(normal: Node, parameters: Parameters, time?: TimeModulation): Node {
  const channels = normal.shape[1];
  const gain = perChannel(parameters('weight', [channels], { value: 1 }));
  const bias = perChannel(parameters('bias', [channels], { value: 0 }));
  if (!time) return add(multiply(normal, gain), bias);
  const more = add(time.scale, 1);
  return add(multiply(normal, multiply(gain, more)), add(multiply(bias, more), time.shift));
}

interface GroupNormOptions {
  readonly time?: TimeModulation | undefined;
  /** The term added to the variance. */
  readonly epsilon?: number;
}

/**
 * Group norm with its gain and bias, and the time's scale and shift if given.
 *
 * @throws RddmError if the groups do not divide the channels
 */
export function groupNorm(
  x: Node,
  groups: number,
  parameters: Parameters,
  { time, epsilon = EPSILON }: GroupNormOptions = {},
): Node {
  const [batch, channels, height, width] = x.shape;
  if (channels % groups !== 0) throw expected('groupNorm', `channels divisible by ${groups} groups`, String(channels));
  const rows = reshape(x, [batch, groups, (channels / groups) * height * width]);
  return withGainAndBias(reshape(normalize(rows, epsilon), x.shape), parameters, time);
}

/** The channels of each pixel with mean 0 and variance 1. Divides only a single channel and multiplies the image. */
export function normalizedChannels(x: Node): Node {
  const centred = subtract(x, mean(x, [1]));
  return multiply(centred, divide(1, sqrt(add(mean(square(centred), [1]), EPSILON))));
}

/** The gain of a layer norm over channels, [1, C, 1, 1]. */
export const channelGain = (x: Node, parameters: Parameters): Node =>
  parameters('g', [1, x.shape[1], 1, 1], { value: 1 });

/** Layer norm over the channels of each pixel, with a gain and no bias. */
export const channelLayerNorm = (x: Node, parameters: Parameters): Node =>
  multiply(normalizedChannels(x), channelGain(x, parameters));
