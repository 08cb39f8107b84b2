/**
 * The convolution and its two gradients for the reference evaluator: one set of nested loops, seen from three sides.
 * `visit` enumerates every product that a convolution sums.
 */
import type { Shape } from '../math/shape.ts';
import { elementCount } from '../math/shape.ts';
import type { ConvolutionAttributes } from './node.ts';

interface Operand {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Calls `product(x index, w index, y index, count)` for each run of products along a row of the output. */
function visit(
  x: Shape,
  w: Shape,
  y: Shape,
  { stride, padding, groups = 1 }: ConvolutionAttributes,
  product: (xStart: number, wIndex: number, yStart: number, count: number) => void,
): void {
  const [batch, inChannels, height, width] = x;
  const [outChannels, perGroup, kernelHeight, kernelWidth] = w;
  const [, , outHeight, outWidth] = y;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outChannels; o++)
      for (let i = 0; i < perGroup; i++)
        for (let ky = 0; ky < kernelHeight; ky++)
          for (let kx = 0; kx < kernelWidth; kx++) {
            const first = Math.max(0, Math.ceil((padding - kx) / stride));
            const last = Math.min(outWidth - 1, Math.floor((width - 1 + padding - kx) / stride));
            const channel = Math.floor((o * groups) / outChannels) * perGroup + i;
            const wIndex = ((o * perGroup + i) * kernelHeight + ky) * kernelWidth + kx;
            for (let oy = 0; oy < outHeight; oy++) {
              const iy = oy * stride + ky - padding;
              if (iy < 0 || iy >= height || last < first) continue;
              const xStart = ((n * inChannels + channel) * height + iy) * width + first * stride + kx - padding;
              product(xStart, wIndex, ((n * outChannels + o) * outHeight + oy) * outWidth + first, last - first + 1);
            }
          }
}

/** y[n, o] = Σ_i w[o, i] ⋆ x[n, i], where i runs over the channels of o's group. */
export function convolve(x: Operand, w: Operand, attributes: ConvolutionAttributes, y: Shape): Float64Array {
  const result = new Float64Array(elementCount(y));
  visit(x.shape, w.shape, y, attributes, (xStart, wIndex, yStart, count) => {
    for (let i = 0; i < count; i++) result[yStart + i] += x.data[xStart + i * attributes.stride] * w.data[wIndex];
  });
  return result;
}

/** The adjoint of `convolve` for x. */
export function convolveInputGradient(
  g: Operand,
  w: Operand,
  attributes: ConvolutionAttributes,
  x: Shape,
): Float64Array {
  const result = new Float64Array(elementCount(x));
  visit(x, w.shape, g.shape, attributes, (xStart, wIndex, yStart, count) => {
    for (let i = 0; i < count; i++) result[xStart + i * attributes.stride] += g.data[yStart + i] * w.data[wIndex];
  });
  return result;
}

/** The adjoint of `convolve` for w. */
export function convolveWeightGradient(
  x: Operand,
  g: Operand,
  attributes: ConvolutionAttributes,
  w: Shape,
): Float64Array {
  const result = new Float64Array(elementCount(w));
  visit(x.shape, w, g.shape, attributes, (xStart, wIndex, yStart, count) => {
    for (let i = 0; i < count; i++) result[wIndex] += x.data[xStart + i * attributes.stride] * g.data[yStart + i];
  });
  return result;
}
