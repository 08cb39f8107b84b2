/**
 * A tensor is a shape and its float32 values, row-major. Plain data: nothing here holds a resource.
 * Everything that enters or leaves a runtime is a tensor.
 */
import { expected } from './errors.ts';
import { elementCount, type Shape, showShape } from './shape.ts';

/** Float32 values with a shape. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Tensors by name: weights, feeds, results. */
export type TensorMap = Readonly<Record<string, Tensor>>;

/**
 * Makes a tensor and checks that the number of values fits the shape.
 *
 * @throws RddmError if it does not
 *
 * @example
 * ```ts
 * import { tensor } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual(tensor([2, 2], [1, 2, 3, 4]).shape, [2, 2]);
 * ```
 */
export function tensor(shape: Shape, values: ArrayLike<number>): Tensor {
  if (values.length !== elementCount(shape)) {
    throw expected('tensor', `${elementCount(shape)} values for ${showShape(shape)}`, String(values.length));
  }
  const isOwn = values instanceof Float32Array && values.buffer instanceof ArrayBuffer;
  return { shape: [...shape], data: isOwn ? (values as Float32Array<ArrayBuffer>) : Float32Array.from(values) };
}

/**
 * A tensor of one repeated value.
 *
 * @example
 * ```ts
 * import { filled } from 'rddm';
 * import assert from 'node:assert/strict';
 * assert.deepEqual([...filled([2, 2], 0.5).data], [0.5, 0.5, 0.5, 0.5]);
 * ```
 */
export function filled(shape: Shape, value: number): Tensor {
  const data = new Float32Array(elementCount(shape));
  if (value !== 0) data.fill(value);
  return { shape: [...shape], data };
}

/** Largest absolute difference of two tensors of one shape; NaN if any value is NaN. */
export function largestDifference(a: Tensor, b: Tensor): number {
  if (a.data.length !== b.data.length) {
    throw expected('largestDifference', `two tensors of ${showShape(a.shape)}`, showShape(b.shape));
  }
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const difference = Math.abs(a.data[i] - b.data[i]);
    if (Number.isNaN(difference)) return Number.NaN;
    if (difference > largest) largest = difference;
  }
  return largest;
}
