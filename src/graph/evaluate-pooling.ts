/** Sliding windows over images, for the reference evaluator. */
import { elementCount, type Shape } from '../math/shape.ts';
import type { PoolAttributes } from './node.ts';

/** For each window of images [N, C, H, W], `reduce` of its pixels; positions outside the image do not count. */
export function pooledValues(
  x: { readonly shape: Shape; readonly data: Float64Array },
  { kernel, stride, padding }: PoolAttributes,
  shape: Shape,
  reduce: (pixels: readonly number[]) => number,
): Float64Array {
  const [height, width] = x.shape.slice(2);
  const [outHeight, outWidth] = shape.slice(2);
  const inside = (start: number, size: number): number[] =>
    Array.from({ length: kernel }, (_, i) => start + i).filter((at) => at >= 0 && at < size);
  return Float64Array.from({ length: elementCount(shape) }, (_, i) => {
    const plane = Math.floor(i / (outHeight * outWidth)) * height * width;
    const rows = inside((Math.floor(i / outWidth) % outHeight) * stride - padding, height);
    const columns = inside((i % outWidth) * stride - padding, width);
    return reduce(rows.flatMap((row) => columns.map((column) => x.data[plane + row * width + column])));
  });
}
