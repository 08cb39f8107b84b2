/**
 * Convolutions with channels in groups, and their gradients: depthwise, and one or several results per group from one
 * or several channels, with sizes that a runtime once got wrong.
 */
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from '../graph/build.ts';
import type { ConvolutionAttributes } from '../graph/node.ts';
import { type ConformanceCase, single, withGradients } from './conformance-case.ts';

interface Grouping {
  readonly groups: number;
  /** Channels of the image and of the result, per group. */
  readonly ofGroup: readonly [inChannels: number, outChannels: number];
}

/** A convolution of two images of 6×7 with a bias, and its gradients. */
function grouped(
  name: string,
  { groups, ofGroup: [inGroup, outGroup] }: Grouping,
  kernel: number,
  attributes: ConvolutionAttributes,
): ConformanceCase {
  const [inChannels, outChannels] = [groups * inGroup, groups * outGroup];
  const shapes = [[2, inChannels, 6, 7], [outChannels, inGroup, kernel, kernel], [outChannels]];
  return withGradients(`${name} convolution and its gradients`, shapes, (x, w, b) =>
    conv2d(x, w, { ...attributes, groups }, b),
  );
}

const same = { stride: 1, padding: 1 };
const down = { stride: 2, padding: 1 };
const depthwise: Grouping = { groups: 5, ofGroup: [1, 1] };

export const groupedCases: readonly ConformanceCase[] = [
  grouped('depthwise 3x3', depthwise, 3, same),
  grouped('depthwise 3x3, 12 channels', { groups: 12, ofGroup: [1, 1] }, 3, same),
  grouped('depthwise 3x3 without padding', depthwise, 3, { stride: 1, padding: 0 }),
  grouped('depthwise 3x3 with much padding', depthwise, 3, { stride: 1, padding: 4 }),
  grouped('depthwise 7x7', depthwise, 7, { stride: 1, padding: 3 }),
  grouped('depthwise 1x1', depthwise, 1, { stride: 1, padding: 0 }),
  grouped('depthwise 3x3 stride 2', depthwise, 3, down),
  grouped('depthwise 4x4 stride 2', depthwise, 4, down),
  grouped('depthwise 3x3 of doubled images', depthwise, 3, { ...same, upsampled: true }),
  grouped('depthwise with three results per channel', { groups: 4, ofGroup: [1, 3] }, 3, same),
  grouped('3x3 in 2 groups', { groups: 2, ofGroup: [3, 2] }, 3, same),
  grouped('3x3 in 3 groups', { groups: 3, ofGroup: [2, 4] }, 3, same),
  grouped('3x3 in 4 groups to one result each', { groups: 4, ofGroup: [2, 1] }, 3, same),
  grouped('1x1 in 4 groups', { groups: 4, ofGroup: [3, 2] }, 1, { stride: 1, padding: 0 }),
  grouped('4x4 stride 2 in 2 groups', { groups: 2, ofGroup: [3, 4] }, 4, down),
  grouped('3x3 of doubled images in 2 groups', { groups: 2, ofGroup: [3, 2] }, 3, { ...same, upsampled: true }),
  // 5 and 6 results per group are not multiples of the 4 or 2 that divide their total.
  grouped('3x3 in 4 groups of 5 results', { groups: 4, ofGroup: [2, 5] }, 3, same),
  grouped('3x3 in 2 groups of 6 results', { groups: 2, ofGroup: [6, 6] }, 3, same),
  grouped('4x4 stride 2 in 2 groups of 5 results', { groups: 2, ofGroup: [3, 5] }, 4, down),
  single(
    'input gradient of a depthwise convolution',
    [
      [2, 6, 5, 7],
      [6, 1, 3, 3],
    ],
    (g, w) => conv2dInputGradient(g, w, { ...same, groups: 6, inputShape: [2, 6, 5, 7] }),
  ),
  single(
    'input gradient in 2 groups, stride 2, odd size',
    [
      [2, 6, 2, 3],
      [6, 2, 4, 4],
    ],
    (g, w) => conv2dInputGradient(g, w, { ...down, groups: 2, inputShape: [2, 4, 5, 7] }),
  ),
  single(
    'weight gradient of a depthwise convolution, batch of one',
    [
      [1, 6, 5, 7],
      [1, 6, 5, 7],
    ],
    (x, g) => conv2dWeightGradient(x, g, { ...same, groups: 6, kernel: [3, 3] }),
  ),
  single(
    'weight gradient in 3 groups',
    [
      [2, 6, 5, 7],
      [2, 9, 5, 7],
    ],
    (x, g) => conv2dWeightGradient(x, g, { ...same, groups: 3, kernel: [3, 3] }),
  ),
];
