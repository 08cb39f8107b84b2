/** Converts tensors to and from ONNX Runtime's, without unnecessary copies. */
import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import { elementCount } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/**
 * A view into a larger buffer (a weight of a file) is copied: kernels sum in another order if memory is not aligned.
 */
export const toOrt = (OrtTensor: TensorConstructor, { shape, data }: Tensor): OrtTensor =>
  new OrtTensor('float32', data.byteOffset === 0 ? data : data.slice(), [...shape]);

export const fromOrt = (value: OrtTensor): Tensor => ({
  shape: value.dims,
  data: value.data as Float32Array<ArrayBuffer>,
});

/** Zeros. */
export const blank = (OrtTensor: TensorConstructor, shape: readonly number[]): OrtTensor =>
  new OrtTensor('float32', new Float32Array(elementCount(shape)), [...shape]);

/** Copies the values of one tensor to another. */
export const copyInto = (target: OrtTensor, { data }: { readonly data: OrtTensor['data'] }): void =>
  (target.data as Float32Array).set(data as Float32Array);
