/**
 * The convolutions that the cost table is fitted to: the 3×3 ones of U-Nets as people train and run them, each from the
 * four sides whose cost is needed.
 */
import { type ConvolutionSide, convolutionSides } from '../src/onnx/convolution-cost.ts';
import type { ConvolutionSizes } from '../src/onnx/convolution-sizes.ts';

/** Something to time in both forms. */
export interface CostCase {
  readonly side: ConvolutionSide;
  readonly sizes: ConvolutionSizes;
}

/** A square image's batch, channels before and after, and pixels a side before doubling. */
type Size = readonly [batch: number, inChannels: number, outChannels: number, side: number];

const plain: readonly Size[] = [
  // The paper's network, dim 64 (1, 2, 4, 8), at 256×256; decoders have half as many additional channels before the
  // first.
  [1, 64, 64, 256],
  [1, 128, 64, 256],
  [1, 128, 128, 128],
  [1, 192, 128, 128],
  [1, 256, 256, 64],
  [1, 384, 256, 64],
  [1, 512, 512, 32],
  [1, 768, 512, 32],
  // The same, 4 images of 64×64.
  [4, 64, 64, 64],
  [4, 128, 128, 32],
  [4, 256, 256, 16],
  [4, 512, 512, 8],
  // dim 32 (1, 2, 4): 16 images of 64×64, and a photograph.
  [16, 32, 32, 64],
  [16, 64, 64, 32],
  [16, 128, 128, 16],
  [1, 32, 32, 512],
  // dim 16 (1, 2, 4) at 96×96.
  [1, 16, 16, 96],
  [1, 32, 32, 48],
  [1, 64, 64, 24],
];

/** The convolutions between the levels of decoders. */
const doubled: readonly Size[] = [
  [1, 512, 256, 32],
  [1, 256, 128, 64],
  [1, 128, 64, 128],
  [4, 512, 256, 8],
  [4, 256, 128, 16],
  [4, 128, 64, 32],
  [16, 128, 64, 16],
  [16, 64, 32, 32],
  [1, 64, 32, 24],
];

const sizesOf = ([batch, inChannels, outChannels, side]: Size, upsampled: boolean): ConvolutionSizes => {
  const after = upsampled ? 2 * side : side;
  return {
    image: [batch, inChannels, side, side],
    kernel: [3, 3],
    result: [batch, outChannels, after, after],
    stride: 1,
    padding: 1,
    upsampled,
    groups: 1,
  };
};

/** Every size, from every side. */
export const costGrid: readonly CostCase[] = [
  ...plain.map((size) => sizesOf(size, false)),
  ...doubled.map((size) => sizesOf(size, true)),
].flatMap((sizes) => convolutionSides.map((side) => ({ side, sizes })));
