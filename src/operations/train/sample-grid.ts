/**
 * A picture that shows what a model in training does with a few squares: one row per square, with the columns input,
 * restored and clean or, for generation, only the generated one.
 */
import { type Image, tensorToImage } from '../../data/image.ts';
import { imageGrid } from '../../data/image-grid.ts';
import { elementCount } from '../../math/shape.ts';
import type { Tensor, TensorMap } from '../../math/tensor.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';
import { sampleFinal } from '../../sample/sampler.ts';
import { averagedWeights } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';

/** The most rows. */
const SAMPLED = 4;

const pictures = (batch: Tensor): Image[] => Array.from({ length: batch.shape[0] }, (_, i) => tensorToImage(batch, i));

const firstOf = ({ shape, data }: Tensor): Tensor => {
  const kept = [Math.min(SAMPLED, shape[0]), ...shape.slice(1)];
  return { shape: kept, data: data.slice(0, elementCount(kept)) };
};

/**
 * Restores (or generates) the first squares of a batch. A stop waits for it, since the steps before must be saved.
 */
export async function sampleGrid(
  config: TrainConfig,
  runtime: Runtime,
  states: TensorMap,
  batch: { clean: Tensor; input?: Tensor | undefined; mask?: Tensor | undefined },
): Promise<Image> {
  const { model, seed } = config;
  const denoiser = createNetworkDenoiser(runtime, model, averagedWeights(config, states));
  const input = batch.input && firstOf(batch.input);
  const mask = model.condition === 'input-and-mask' && batch.mask ? firstOf(batch.mask) : undefined;
  const clean = firstOf(batch.clean);
  try {
    const restored = await sampleFinal(denoiser, { input, mask, shape: clean.shape, seed });
    const columns = input ? [input, restored, clean] : [restored];
    const rows = pictures(restored).map((_, i) => columns.map((column) => pictures(column)[i]));
    return imageGrid(rows, 4);
  } finally {
    await denoiser.release();
  }
}
