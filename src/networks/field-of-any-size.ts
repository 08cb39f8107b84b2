/**
 * The receptive field of a network in pictures of any size: what its graph says for two sizes, if that is the same. A graph
 * cannot show alone whether a part of it grows with the picture.
 */
import { state } from '../graph/build.ts';
import type { Node } from '../graph/node.ts';
import { type ReceptiveField, receptiveField } from '../graph/receptive-field.ts';
import { expected } from '../math/errors.ts';
import type { Parameters } from '../nn/parameters.ts';

/** A network for one size of picture. */
interface SizedNetwork {
  readonly outputs: readonly Node[];
  readonly images: readonly Node[];
}

/**
 * @param multiple the number by which height and width must be divisible
 * @throws RddmError if the network looks everywhere, or further in a larger picture
 */
export function fieldOfAnySize(
  multiple: number,
  build: (height: number, width: number, parameters: Parameters) => SizedNetwork,
): ReceptiveField {
  // At the deepest level, two rows or more: a single one could be a size of 1 that does not grow.
  const [field, other] = [2, 3].map((size) => {
    const { outputs, images } = build(size * multiple, (size + 1) * multiple, state);
    return receptiveField(outputs, images);
  });
  if (JSON.stringify(field) !== JSON.stringify(other)) {
    throw expected('receptiveField', 'a network that looks equally far in pictures of any size', 'one that does not');
  }
  return field;
}
