/**
 * The masks of golden files. Our networks get a mask with the picture's channels; a file's network may get one channel
 * (3 + 3 + 1 inputs). Then mask and first convolution get additional channels of zeros, which leave outputs, gradients
 * and updates unchanged.
 */
import { expected } from '../../src/math/errors.ts';
import { showShape } from '../../src/math/shape.ts';
import { filled, type Tensor, type TensorMap } from '../../src/math/tensor.ts';
import type { ModelConfig } from '../../src/model/config.ts';

/** What the first convolution gets besides I_t. */
export interface SeenCondition {
  readonly condition: ModelConfig['condition'];
  /** Channels of the mask in the file's network, 0 without one. */
  readonly maskChannels: number;
}

export function seenCondition(inputs: number, channels: number, where: string): SeenCondition {
  if (inputs === channels) return { condition: 'none', maskChannels: 0 };
  if (inputs === 2 * channels) return { condition: 'input', maskChannels: 0 };
  const maskChannels = inputs - 2 * channels;
  if (maskChannels === 1 || maskChannels === channels) return { condition: 'input-and-mask', maskChannels };
  const counts = [channels, 2 * channels, ...new Set([2 * channels + 1, 3 * channels])];
  const what = `a first convolution of ${counts.join(', ')} channels (image, image and input, both and a mask)`;
  throw expected(where, what, `${inputs} channels for images of ${channels}`);
}

/** Appends channels of zeros on axis 1. */
function widened({ shape, data }: Tensor, channels: number): Tensor {
  if (shape[1] === channels) return { shape, data };
  const [outer, given, ...plane] = shape;
  const area = plane.reduce((product, size) => product * size, 1);
  const wide = filled([outer, channels, ...plane], 0);
  for (let i = 0; i < outer; i++) {
    wide.data.set(data.subarray(i * given * area, (i + 1) * given * area), i * channels * area);
  }
  return wide;
}

/** A file's mask in the form that the network gets. */
export function seenMask(mask: Tensor, { maskChannels }: SeenCondition, channels: number, where: string): Tensor {
  const given = mask.shape[1];
  if (given === maskChannels) return widened(mask, channels);
  if (given !== 1)
    throw expected(where, `a mask of ${maskChannels} channels, as its network sees`, showShape(mask.shape));
  // A single channel stands for all of the network's.
  const area = mask.data.length / mask.shape[0];
  const shape = [mask.shape[0], channels, ...mask.shape.slice(2)];
  const data = new Float32Array(mask.data.length * channels);
  for (let i = 0; i < mask.shape[0] * channels; i++) {
    const image = Math.floor(i / channels);
    data.set(mask.data.subarray(image * area, (image + 1) * area), i * area);
  }
  return { shape, data };
}

/** A file's weights, for a mask with the picture's channels. */
export const seenWeights = (weights: TensorMap, { maskChannels }: SeenCondition, channels: number): TensorMap =>
  Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [
      name,
      maskChannels > 0 && name.endsWith('init_conv.weight') ? widened(weight, 3 * channels) : weight,
    ]),
  );
