/**
 * Rounding to 8-bit integers, and convolutions computed with them. Every rounding must match the reference, since a
 * different one is off by a whole step.
 */
import { add, concat, constant, conv2d, multiply, quantize, sign, upsample } from '../graph/build.ts';
import { quantizationOfKernels } from '../graph/eight-bit.ts';
import type { Node } from '../graph/node.ts';
import { normalTensor } from '../math/random.ts';
import { tensor } from '../math/tensor.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { single } from './conformance-case.ts';

const range = { type: 'uint8', scales: [0.03], zero: 120 } as const;
const wide = { ...range, scales: [0.25] };
const coarse = (x: Node): Node => quantize(x, range);

/** A convolution in the form of 8-bit inference. */
function convolution(x: Node, outChannels: number, groups = 1): Node {
  const weights = normalTensor([outChannels, x.shape[1] / groups, 3, 3], 1, ['conformance', 'quantized']);
  const kernel = quantize(constant(weights), quantizationOfKernels(weights));
  const bias = constant(normalTensor([outChannels], 2, ['conformance', 'quantized']));
  return quantize(conv2d(x, kernel, { stride: 1, padding: 1, ...(groups > 1 && { groups }) }, bias), wide);
}

export const quantizedCases: readonly ConformanceCase[] = [
  single('quantize', [[3, 40]], (x) => quantize(multiply(x, 2), { type: 'uint8', scales: [0.013], zero: 90 })),
  single('quantize, one scale per entry', [[3, 40]], (x) =>
    quantize(x, { type: 'int8', scales: [0.01, 0.02, 0.03], zero: 0 }),
  ),
  single('quantize, halves', [[2, 40]], (x) => {
    const halves = add(
      multiply(sign(x), 0.5),
      constant(
        tensor(
          [40],
          Array.from({ length: 40 }, (_, i) => i - 20),
        ),
      ),
    );
    return quantize(halves, { type: 'int8', scales: [1], zero: -7 });
  }),
  // The first rounding decides: after steps of 1, steps of a quarter change nothing.
  single('quantize twice, the second time finer', [[3, 40]], (x) => {
    const whole = quantize(multiply(x, 3), { type: 'uint8', scales: [1], zero: 128 });
    return quantize(whole, { type: 'uint8', scales: [0.25], zero: 128 });
  }),
  single('quantized convolution', [[1, 8, 5, 6]], (x) => convolution(coarse(x), 8)),
  single('quantized convolution in 2 groups', [[1, 8, 5, 6]], (x) => convolution(coarse(x), 8, 2)),
  single('quantized depthwise convolution', [[1, 8, 5, 6]], (x) => convolution(coarse(x), 8, 8)),
  single(
    'quantized convolution of joined and of enlarged values',
    [
      [1, 4, 6, 4],
      [1, 8, 3, 2],
    ],
    (a, b) => convolution(coarse(concat([coarse(a), coarse(upsample(coarse(b)))], 1)), 8),
  ),
];
