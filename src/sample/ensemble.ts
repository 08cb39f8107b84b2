/**
 * Self-ensemble: restores a picture in the eight orientations of the square and averages, in float. The errors of a
 * network that is not equivariant partly cancel (Timofte et al., Seven ways to improve example-based single image super
 * resolution, CVPR 2016; Lim et al., EDSR, CVPR workshops 2017). Each orientation gets its own noise, over which the
 * mean is taken too.
 */
import type { Image } from '../data/image.ts';
import { type Symmetry, symmetries, turned, turnedFrom } from '../data/symmetry.ts';
import { filled, type Tensor } from '../math/tensor.ts';

/** What a restored picture is the mean of: nothing else, or its restorations in the eight orientations of the square. */
export const ensembles = ['none', 'symmetries'] as const;
/** One of `ensembles`. */
export type Ensemble = (typeof ensembles)[number];

/** How many times a picture is restored. */
export const passesOf = (ensemble: Ensemble | undefined): number => (ensemble === 'symmetries' ? symmetries.length : 1);

/** What is restored: a picture, and its mask if the model takes one. */
export interface Given {
  readonly image: Image;
  readonly mask?: Image | undefined;
}

/** The picture after a step, [1, C, H, W] of its own size, before it becomes 8 bits. */
export interface RestoredTensor {
  readonly step: number;
  readonly steps: number;
  readonly tensor: Tensor;
}

/** A restored tensor in the orientation of the given picture. */
function turnedBack({ data }: Tensor, { width, height, channels }: Image, symmetry: Symmetry): Tensor {
  const from = turnedFrom({ width, height }, symmetry);
  const plane = width * height;
  const result = filled([1, channels, height, width], 0);
  for (let start = 0; start < result.data.length; start += plane) {
    for (let pixel = 0; pixel < plane; pixel++) result.data[start + from[pixel]] = data[start + pixel];
  }
  return result;
}

/**
 * Restores in all orientations, one after the other, so that it needs no more memory than one.
 *
 * @param restore restores one picture of any orientation; its last step is the result
 * @returns eight times the steps, every tensor in the given orientation; the last is the mean of the eight results
 */
export async function* overSymmetries(
  { image, mask }: Given,
  restore: (given: Given) => AsyncGenerator<RestoredTensor, void>,
): AsyncGenerator<RestoredTensor, void> {
  const sum = new Float64Array(image.data.length);
  const count = passesOf('symmetries');
  for (const [index, symmetry] of symmetries.entries()) {
    const given = { image: turned(image, symmetry), ...(mask && { mask: turned(mask, symmetry) }) };
    for await (const { step, steps, tensor } of restore(given)) {
      // The start of a later orientation is no step of its own.
      if (index > 0 && step === 0) continue;
      const upright = turnedBack(tensor, image, symmetry);
      const at = { step: index * steps + step, steps: count * steps };
      if (step === steps) for (let i = 0; i < sum.length; i++) sum[i] += upright.data[i];
      const mean = at.step === at.steps && { shape: upright.shape, data: Float32Array.from(sum, (one) => one / count) };
      yield { ...at, tensor: mean || upright };
    }
  }
}
