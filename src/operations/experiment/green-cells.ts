/** Both sides of a model's Green's-theorem condition (Eq. 21), for each picture, at points of the plane (ᾱ, β̄). */
import type { Model } from '../../checkpoint/model-directory.ts';
import type { Cell } from '../../experiment/result.ts';
import type { Tensor } from '../../math/tensor.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';
import { greenCondition } from '../../sample/path-independence.ts';
import type { HeldPictures } from './held-pictures.ts';

/** Each image of a batch, separately. */
function entriesOf({ shape: [count, ...image], data }: Tensor): Tensor[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, at) => ({
    shape: [1, ...image],
    data: data.slice(at * size, (at + 1) * size),
  }));
}

/** @param at the points, [ᾱ, β̄] */
export async function greenCells(
  { config, weights }: Model,
  { batches }: HeldPictures,
  at: readonly (readonly [number, number])[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Cell[]> {
  const denoiser = createNetworkDenoiser(runtime, config, weights);
  const examples = batches.flatMap(({ clean, input, mask, noise }) => {
    const inputs = input && entriesOf(input);
    const masks = config.condition === 'input-and-mask' && mask ? entriesOf(mask) : undefined;
    const noises = entriesOf(noise);
    return entriesOf(clean).map((one, i) => ({ clean: one, input: inputs?.[i], mask: masks?.[i], noise: noises[i] }));
  });
  const cells: Cell[] = [];
  try {
    for (const [alphaBar, betaBar] of at) {
      const values = { residualSide: [] as number[], noiseSide: [] as number[], sidesDifference: [] as number[] };
      for (const example of examples) {
        signal.throwIfAborted();
        const green = await greenCondition(denoiser, { ...example, at: { alphaBar, betaBar } });
        values.residualSide.push(green.residualSize);
        values.noiseSide.push(green.noiseSize);
        values.sidesDifference.push(green.differenceSize);
      }
      cells.push({ at: `${alphaBar}, ${betaBar}`, values });
    }
    return cells;
  } finally {
    await denoiser.release();
  }
}
