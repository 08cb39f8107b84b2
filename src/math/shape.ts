/**
 * Shapes: the sizes of a tensor's axes, row-major (the last axis is contiguous).
 * Holds everything about sizes alone; no data.
 */
import { expected } from './errors.ts';

/** Sizes of the axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export const elementCount = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Whether two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** A shape as text: `2x3x16x16`, or `scalar`; of a file's that has more axes than any tensor here, the beginning. */
export const showShape = (shape: Shape): string =>
  shape.length === 0 ? 'scalar' : `${shape.slice(0, 8).join('x')}${shape.length > 8 ? 'x…' : ''}`;

/**
 * The shape to which two operands broadcast (NumPy's rule: aligned at the last axis, sizes equal or 1).
 *
 * @throws RddmError if two sizes of an axis differ and neither is 1
 */
export function broadcastShapes(a: Shape, b: Shape, where = 'broadcastShapes'): number[] {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[a.length - rank + axis] ?? 1;
    const sizeB = b[b.length - rank + axis] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw expected(where, 'shapes that broadcast', `${showShape(a)} and ${showShape(b)}`);
    }
    result[axis] = sizeA === 1 ? sizeB : sizeA;
  }
  return result;
}
