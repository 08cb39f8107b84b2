/**
 * Convolutions of whole pictures. A runtime has other kernels for many pixels, and once mixed up the channels of a
 * picture and its conditions (6, 9, 12) there. There are few results, so that the reference is quick.
 */
import { conv2d } from '../graph/build.ts';
import { normalTensor } from '../math/random.ts';
import { type ConformanceCase, single, withGradients } from './conformance-case.ts';

const same = { stride: 1, padding: 1 };

/** Convolutions of one picture, with each grouping of its channels. */
const ofChannels = (channels: number, side: number): ConformanceCase[] => {
  const size = `${channels} channels at ${side}x${side}`;
  // A runtime once got 6 results in each of 2 groups wrong.
  const groups = channels % 2 === 0 ? 2 : 3;
  const image = normalTensor([1, channels, side, side], 1, ['conformance', size]);
  return [
    single(`conv2d of ${size}`, [image, [4, channels, 3, 3]], (x, w) => conv2d(x, w, same)),
    single(`depthwise conv2d of ${size}`, [image, [channels, 1, 3, 3]], (x, w) =>
      conv2d(x, w, { ...same, groups: channels }),
    ),
    single(
      `conv2d in ${groups} groups of ${size}`,
      [image, [6 * groups, channels / groups, 3, 3], [6 * groups]],
      (x, w, b) => conv2d(x, w, { ...same, groups }, b),
    ),
  ];
};

export const pictureCases: readonly ConformanceCase[] = [
  ...[64, 256].flatMap((side) => [6, 9, 12].flatMap((channels) => ofChannels(channels, side))),
  single(
    'conv2d 4x4 stride 2 in 2 groups at 64x64',
    [
      [1, 6, 64, 64],
      [12, 3, 4, 4],
    ],
    (x, w) => conv2d(x, w, { stride: 2, padding: 1, groups: 2 }),
  ),
  withGradients('depthwise conv2d of 64x64 and its gradients', [[1, 6, 64, 64], [6, 1, 3, 3], [6]], (x, w, b) =>
    conv2d(x, w, { ...same, groups: 6 }, b),
  ),
  withGradients('conv2d of 6 channels at 64x64 and its gradients', [[1, 6, 64, 64], [4, 6, 3, 3], [4]], (x, w, b) =>
    conv2d(x, w, same, b),
  ),
  withGradients(
    'conv2d in 2 groups at 64x64 and its gradients',
    [
      [1, 6, 64, 64],
      [12, 3, 3, 3],
    ],
    (x, w) => conv2d(x, w, { ...same, groups: 2 }),
  ),
];
