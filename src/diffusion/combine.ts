/**
 * Linear combinations of tensors: the only thing that diffusion does to images. Coefficients and the sum are float64,
 * rounded once to float32. A missing tensor is zero, as I_in is in generation.
 */
import { expected } from '../math/errors.ts';
import { sameShape, showShape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';

/** One summand. */
export type Term = readonly [coefficient: number, tensor: Tensor | undefined];

/**
 * Σ coefficient · tensor, as a new tensor. A term whose coefficient is 0 is never read.
 *
 * @throws RddmError if the tensors differ in shape
 */
export function combine(where: string, terms: readonly Term[]): Tensor {
  const tensors = terms.flatMap(([, tensor]) => tensor ?? []);
  const shape = tensors[0].shape;
  const other = tensors.find((tensor) => !sameShape(tensor.shape, shape));
  if (other) throw expected(where, 'tensors of one shape', `${showShape(shape)} and ${showShape(other.shape)}`);
  const active = terms.filter(([coefficient, tensor]) => tensor && coefficient !== 0);
  const coefficients = active.map(([coefficient]) => coefficient);
  const sources = active.map(([, tensor]) => (tensor as Tensor).data);
  const data = new Float32Array(tensors[0].data.length);
  for (let i = 0; i < data.length; i++) {
    let sum = 0;
    for (let term = 0; term < sources.length; term++) sum += coefficients[term] * sources[term][i];
    data[i] = sum;
  }
  return { shape: [...shape], data };
}

/** The tensor limited to [-1, 1], or unchanged with `none`. NaN stays NaN. */
export function clipped(tensor: Tensor, clip: 'reference' | 'none'): Tensor {
  if (clip === 'none') return tensor;
  return { shape: tensor.shape, data: tensor.data.map((value) => Math.min(1, Math.max(-1, value))) };
}
