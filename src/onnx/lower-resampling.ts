/** Lowering of doubling images and of its adjoint. */
import type { Lowering, Name } from './lowering.ts';

/** Repeats each pixel of x as 2×2 equal ones. */
export const doubled = (x: Name, to: Lowering): Name =>
  to.node('Resize', [x, '', to.in('float32').floats([4], Float32Array.of(1, 1, 2, 2))], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });

/** Sums 2×2 pixels of x. */
export function summed(x: Name, to: Lowering): Name {
  const average = to.node('AveragePool', [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
  return to.node('Mul', [average, to.float(4)]);
}
