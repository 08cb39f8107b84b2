/**
 * The error of a prediction as one number, which training minimises. To add a loss, add a row to `losses`; the schema
 * of a training configuration and the training step then know it.
 */
import { absolute, add, log, mean, multiply, scalar, sqrt, square, subtract } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { fourierTransform } from './fourier-transform.ts';

/** A loss in the table. */
export interface LossRule {
  /** A few words, or a formula of the difference d, for documentation. */
  readonly description: string;
  /**
   * The error of the difference d between wanted and given images, [N, C, H, W]: a mean over the images, so that the
   * parts of a batch can be measured separately.
   */
  error(difference: Node): Node;
}

/** ε of the Charbonnier loss: differences well below it count by their squares. */
const CHARBONNIER_EPSILON = 1e-3;

/** ε of the PSNR, in units of a peak of 1: a picture counts up to 80 dB, and the slope stays finite at 0. */
const PSNR_EPSILON = 1e-8;

/** The weight of the Fourier transform relative to the pixels. */
const FOURIER_WEIGHT = 0.1;

/** The mean of |Re F(d)| and |Im F(d)|. A value of F is about √(HW) times as large as one of d. */
function fourierError(difference: Node): Node {
  const { real, imaginary } = fourierTransform(difference);
  return multiply(add(mean(absolute(real)), mean(absolute(imaginary))), 0.5);
}

/** −PSNR in dB: 10 log₁₀ of each image's mean squared error, then their mean. Values in [−1, 1] have a peak of 2. */
function negativePsnr(difference: Node): Node {
  const errors = multiply(mean(square(difference), [1, 2, 3]), 1 / 4);
  return multiply(mean(log(add(errors, PSNR_EPSILON))), 10 / Math.LN10);
}

/** Every loss, by its name in a configuration. */
export const losses = {
  l1: { description: 'mean absolute error', error: (difference) => mean(absolute(difference)) },
  l2: { description: 'mean squared error', error: (difference) => mean(square(difference)) },
  // Charbonnier et al. 1994, ε as in LapSRN (Lai et al. 2017).
  charbonnier: {
    description: 'mean of √(d² + 10⁻⁶), an absolute error that is smooth at 0',
    error: (difference) => mean(sqrt(add(square(difference), CHARBONNIER_EPSILON ** 2))),
  },
  // Cho et al. 2021, MIMO-UNet.
  'l1-fourier': {
    description: 'mean absolute error + 0.1 times that of the two-dimensional Fourier transform, not normalised',
    error: (difference) => add(mean(absolute(difference)), multiply(fourierError(difference), FOURIER_WEIGHT)),
  },
  // HINet (Chen et al. 2021) and NAFNet (Chen et al. 2022), with ε as in their code.
  psnr: {
    description:
      'negative PSNR in dB, mean of (10/ln 10) ln(m/4 + 10⁻⁸) over the pictures, each with its mean squared error m',
    error: negativePsnr,
  },
} satisfies Readonly<Record<string, LossRule>>;

/** The name of a loss. */
export type Loss = keyof typeof losses;

/** The names of all losses. */
export const lossNames = Object.keys(losses) as [Loss, ...Loss[]];

/** The losses in a line of text. */
export const lossDescriptions = lossNames.map((name) => `"${name}": ${losses[name].description}`).join(', ');

/** The error of a prediction: a scalar. */
export const errorOf = (loss: Loss, wanted: Node, given: Node): Node =>
  scalar(losses[loss].error(subtract(wanted, given)));
