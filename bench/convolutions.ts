/**
 * The convolutions of the U-Net's encoder, each with SiLU, and nothing between them: for libraries that have
 * convolutions but not the rest of the network.
 */
import { conv2d, silu } from '../src/graph/build.ts';
import type { Node } from '../src/graph/node.ts';
import { expected } from '../src/math/errors.ts';
import { normalTensor } from '../src/math/random.ts';
import { elementCount, type Shape } from '../src/math/shape.ts';
import type { TensorMap } from '../src/math/tensor.ts';
import type { ModelConfig } from '../src/model/config.ts';

/** A convolution; its weight is `NAME.weight`, its bias `NAME.bias`. */
export interface ConvolutionLayer {
  readonly name: string;
  /** Shape of the weight, [O, I, h, w]. */
  readonly shape: Shape;
  readonly stride: number;
  readonly padding: number;
}

/** Two blocks of two convolutions at each level, then one that halves the image, except after the last level. */
export function convolutionLayers({ unet }: ModelConfig): ConvolutionLayer[] {
  if (unet.kind !== undefined && unet.kind !== 'rddm')
    throw expected('convolutionLayers', "the paper's U-Net", unet.kind);
  const { dim, multipliers, channels } = unet;
  const widths = [dim, ...multipliers.map((multiplier) => dim * multiplier)];
  const blocks = ['0.block1', '0.block2', '1.block1', '1.block2'];
  return [
    { name: 'init_conv', shape: [dim, 2 * channels, 7, 7], stride: 1, padding: 3 },
    ...multipliers.flatMap((_, i) => {
      const isLast = i === multipliers.length - 1;
      const down = isLast ? { kernel: 3, stride: 1 } : { kernel: 4, stride: 2 };
      return [
        ...blocks.map((name) => ({ name, width: widths[i], kernel: 3, stride: 1 })),
        { name: '3', width: widths[i + 1], ...down },
      ].map(({ name, width, kernel, stride }) => ({
        name: `downs.${i}.${name}`,
        shape: [width, widths[i], kernel, kernel],
        stride,
        padding: 1,
      }));
    }),
  ];
}

/** The mean square of SiLU(z) for normal z. */
const SILU_SQUARE = 0.3556;

/** Weights that keep the signal's power, except at the edges: an error in the first layer shows after the last. */
export function convolutionWeights(layers: readonly ConvolutionLayer[], seed: number): TensorMap {
  const normal = (name: string, shape: Shape, deviation: number) => {
    const { data } = normalTensor(shape, seed, [name]);
    return [name, { shape, data: data.map((value) => deviation * value) }] as const;
  };
  return Object.fromEntries(
    layers.flatMap(({ name, shape }, i) => [
      normal(`${name}.weight`, shape, 1 / Math.sqrt((i === 0 ? 1 : SILU_SQUARE) * elementCount(shape.slice(1)))),
      normal(`${name}.bias`, [shape[0]], 0.1),
    ]),
  );
}

/** The stack over images [N, I, H, W]; `weight` gives each weight by its name and shape. */
export const convolutionStack = (
  x: Node,
  layers: readonly ConvolutionLayer[],
  weight: (name: string, shape: Shape) => Node,
): Node =>
  layers.reduce((input, { name, shape, stride, padding }) => {
    const bias = weight(`${name}.bias`, [shape[0]]);
    return silu(conv2d(input, weight(`${name}.weight`, shape), { stride, padding }, bias));
  }, x);
