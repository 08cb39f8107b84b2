/**
 * The convolution and its gradients. Every lowering must be right at these sizes: with tiles that overlap the border,
 * batches, and numbers of channels that a runtime once got wrong.
 */
import { conv2d, conv2dInputGradient, conv2dWeightGradient, upsample } from '../graph/build.ts';
import type { Shape } from '../math/shape.ts';
import { type ConformanceCase, single, withGradients } from './conformance-case.ts';

const image: Shape = [2, 3, 5, 7];

export const convolutionCases: readonly ConformanceCase[] = [
  single('conv2d 3x3', [image, [4, 3, 3, 3]], (x, w) => conv2d(x, w, { stride: 1, padding: 1 })),
  withGradients('conv2d with a bias', [image, [4, 3, 3, 3], [4]], (x, w, b) =>
    conv2d(x, w, { stride: 2, padding: 1 }, b),
  ),
  // Enough tiles that Winograd's form keeps the images of a batch separate, also in the sum for the kernels.
  withGradients('conv2d 3x3 of large images', [[2, 3, 32, 33], [4, 3, 3, 3], [4]], (x, w, b) =>
    conv2d(x, w, { stride: 1, padding: 1 }, b),
  ),
  single('conv2d 1x1', [image, [4, 3, 1, 1]], (x, w) => conv2d(x, w, { stride: 1, padding: 0 })),
  single('conv2d 7x7', [image, [4, 3, 7, 7]], (x, w) => conv2d(x, w, { stride: 1, padding: 3 })),
  single(
    'conv2d 4x4 stride 2',
    [
      [2, 3, 6, 8],
      [4, 3, 4, 4],
    ],
    (x, w) => conv2d(x, w, { stride: 2, padding: 1 }),
  ),
  // A multiple of 3 channels, as for a picture and its condition, which a runtime once got wrong.
  ...[6, 9, 12].map((channels) =>
    single(
      `conv2d of ${channels} channels`,
      [
        [2, channels, 5, 7],
        [4, channels, 3, 3],
      ],
      (x, w) => conv2d(x, w, { stride: 1, padding: 1 }),
    ),
  ),
  single(
    'conv2d 4x4 stride 2 of 6 channels',
    [
      [1, 6, 6, 8],
      [8, 6, 4, 4],
    ],
    (x, w) => conv2d(x, w, { stride: 2, padding: 1 }),
  ),
  single('conv2d 3x3 without padding', [image, [4, 3, 3, 3]], (x, w) => conv2d(x, w, { stride: 1, padding: 0 })),
  single(
    'input gradient 3x3',
    [
      [2, 4, 5, 7],
      [4, 3, 3, 3],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 1, padding: 1, inputShape: image }),
  ),
  single(
    'input gradient of 6 channels',
    [
      [2, 6, 5, 7],
      [6, 4, 3, 3],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 1, padding: 1, inputShape: [2, 4, 5, 7] }),
  ),
  single(
    'input gradient 4x4 stride 2 of 6 channels',
    [
      [2, 6, 3, 4],
      [6, 8, 4, 4],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 2, padding: 1, inputShape: [2, 8, 6, 8] }),
  ),
  single(
    'input gradient 1x1',
    [
      [2, 4, 5, 7],
      [4, 3, 1, 1],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 1, padding: 0, inputShape: image }),
  ),
  single(
    'input gradient 4x4 stride 2',
    [
      [2, 4, 3, 4],
      [4, 3, 4, 4],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 2, padding: 1, inputShape: [2, 3, 6, 8] }),
  ),
  single(
    'input gradient stride 2, odd size',
    [
      [2, 4, 2, 3],
      [4, 3, 4, 4],
    ],
    (g, w) => conv2dInputGradient(g, w, { stride: 2, padding: 1, inputShape: [2, 3, 5, 7] }),
  ),
  single('weight gradient 3x3', [image, [2, 4, 5, 7]], (x, g) =>
    conv2dWeightGradient(x, g, { stride: 1, padding: 1, kernel: [3, 3] }),
  ),
  single('weight gradient 1x1', [image, [2, 4, 5, 7]], (x, g) =>
    conv2dWeightGradient(x, g, { stride: 1, padding: 0, kernel: [1, 1] }),
  ),
  single('weight gradient 7x7', [image, [2, 4, 5, 7]], (x, g) =>
    conv2dWeightGradient(x, g, { stride: 1, padding: 3, kernel: [7, 7] }),
  ),
  // Wide enough for the vector kernels of a runtime, one of which once made wrong copies of 16 channels.
  single(
    'weight gradient 7x7, 3 to 16 channels',
    [
      [1, 3, 16, 16],
      [1, 16, 16, 16],
    ],
    (x, g) => conv2dWeightGradient(x, g, { stride: 1, padding: 3, kernel: [7, 7] }),
  ),
  single(
    'weight gradient 4x4 stride 2',
    [
      [2, 3, 6, 8],
      [2, 4, 3, 4],
    ],
    (x, g) => conv2dWeightGradient(x, g, { stride: 2, padding: 1, kernel: [4, 4] }),
  ),
  single(
    'weight gradient, batch of one',
    [
      [1, 3, 5, 7],
      [1, 4, 5, 7],
    ],
    (x, g) => conv2dWeightGradient(x, g, { stride: 1, padding: 1, kernel: [3, 3] }),
  ),
  withGradients('conv2d 3x3 and its gradients', [[1, 5, 9, 8], [6, 5, 3, 3], [6]], (x, w, b) =>
    conv2d(x, w, { stride: 1, padding: 1 }, b),
  ),
  withGradients(
    'conv2d 3x3 of a batch, and its gradients',
    [
      [3, 4, 6, 9],
      [5, 4, 3, 3],
    ],
    (x, w) => conv2d(x, w, { stride: 1, padding: 1 }),
  ),
  withGradients(
    'conv2d 3x3 with much padding, and its gradients',
    [
      [1, 4, 5, 6],
      [4, 4, 3, 3],
    ],
    (x, w) => conv2d(x, w, { stride: 1, padding: 2 }),
  ),
  withGradients('conv2d of a doubled image', [[1, 4, 4, 6], [8, 4, 3, 3], [8]], (x, w, b) =>
    conv2d(x, w, { stride: 1, padding: 1, upsampled: true }, b),
  ),
  withGradients(
    'conv2d of doubled images of odd sizes',
    [
      [2, 5, 3, 5],
      [4, 5, 3, 3],
    ],
    (x, w) => conv2d(x, w, { stride: 1, padding: 1, upsampled: true }),
  ),
  withGradients(
    'conv2d of doubled images without padding',
    [
      [2, 4, 3, 5],
      [4, 4, 3, 3],
    ],
    (x, w) => conv2d(x, w, { stride: 1, padding: 0, upsampled: true }),
  ),
  single(
    'conv2d of a doubled image is that of an upsampled one',
    [
      [1, 4, 4, 6],
      [8, 4, 3, 3],
    ],
    (x, w) => conv2d(upsample(x), w, { stride: 1, padding: 1 }),
  ),
];
