/**
 * The random-feature Fréchet distance of a cell's pictures from training pictures, with its noise. A distance of sets
 * has no figure per picture; the jackknife gives ten that have the same mean: it leaves out one tenth of the pictures
 * at a time and sees how much each tenth matters (Efron and Tibshirani 1993, chapter 11). Their mean also lacks most of
 * the excess that few pictures cause in a Fréchet distance.
 */
import type { Image } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import { gaussianOfFeatures } from '../metrics/gaussian.ts';
import { randomFeatures } from '../metrics/random-features.ts';
import type { Runtime } from '../runtime/runtime.ts';

const GROUPS = 10;

/** The rows of a table of features whose index `keep` accepts. */
function rowsWhere({ shape: [count, width], data }: Tensor, keep: (row: number) => boolean): Tensor {
  const rows = Array.from({ length: count }, (_, row) => row).filter(keep);
  const kept = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) kept.set(data.subarray(row * width, (row + 1) * width), at * width);
  return { shape: [rows.length, width], data: kept };
}

/**
 * Ten pseudo-values of the distance: their mean is the distance without most of its excess, their standard error that
 * of the distance.
 *
 * @throws RddmError if there are fewer than twenty pictures on either side
 */
export async function setDistance(
  runtime: Runtime,
  pictures: readonly Image[],
  reference: readonly Image[],
  signal: AbortSignal,
): Promise<number[]> {
  const least = Math.min(pictures.length, reference.length);
  if (least < 2 * GROUPS) throw expected('experiment', `at least ${2 * GROUPS} pictures for a distance of sets`, least);
  const ours = await randomFeatures(runtime, pictures, { signal });
  const theirs = gaussianOfFeatures(await randomFeatures(runtime, reference, { signal }));
  const whole = frechetDistance(ours, theirs);
  return Array.from({ length: GROUPS }, (_, group) => {
    const without = rowsWhere(ours, (row) => row % GROUPS !== group);
    return GROUPS * whole - (GROUPS - 1) * frechetDistance(without, theirs);
  });
}
