/** Shared by readers of weights: the shape of a convolution, and the message for foreign weights. */
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import type { TensorMap } from '../math/tensor.ts';

/** The remedy in errors about weights. */
export const foreign = 'these are not the weights of a network that rddm knows';

/**
 * The channels of a convolution whose weight is [outputs, inputs, k, k].
 *
 * @param kernels the supported sizes k
 * @param where the file's name, for messages
 * @throws RddmError if there is no weight of this name, or it has another shape
 */
export function convolutionShape(
  weights: TensorMap,
  name: string,
  kernels: readonly number[],
  where: string,
): { readonly outputs: number; readonly inputs: number } {
  if (!Object.hasOwn(weights, name)) throw expected(where, `a weight ${name}`, 'none of that name', foreign);
  const { shape } = weights[name];
  const [outputs, inputs, height, width] = shape;
  if (shape.length !== 4 || height !== width || !kernels.includes(height)) {
    throw expected(where, `${name} with a kernel of ${kernels.join(' or ')}`, showShape(shape), foreign);
  }
  return { outputs, inputs };
}
