/**
 * The pictures on which a setting's models are scored: squares that training never saw, the same for every model,
 * cropped and degraded as in training, with a separate seed.
 */
import type { Batch } from '../../data/batch.ts';
import { type Dataset, findDataset, fingerprintOf } from '../../data/dataset.ts';
import { type DatasetConfigInput, datasetConfigSchema, mapPaths } from '../../data/dataset-config.ts';
import { type Image, tensorToImage } from '../../data/image.ts';
import type { Preprocessing } from '../../data/preprocess.ts';
import { type Json, merged } from '../../experiment/canonical.ts';
import type { Setting } from '../../experiment/experiment.ts';
import type { Tensor } from '../../math/tensor.ts';
import { validated } from '../../math/validate.ts';
import type { ExperimentMeans } from './place.ts';

/** What is needed to find pictures. */
type PictureMeans = Pick<ExperimentMeans, 'pictures' | 'whole'>;

/** Held-out squares in batches, with inputs and ground truth. */
export interface HeldPictures {
  readonly batches: readonly Batch[];
  /** What determines them, for names. */
  readonly identity: Json;
}

/** How many, and for which models. */
export interface HeldOptions {
  readonly count?: number | undefined;
  readonly preprocess: Preprocessing;
}

/** Every picture of a batch tensor. */
export const imagesOf = (batch: Tensor): Image[] =>
  Array.from({ length: batch.shape[0] }, (_, index) => tensorToImage(batch, index));

/** The masks of held-out pictures, if they have any, as pictures. */
export const masksOf = ({ batches }: HeldPictures): Image[] =>
  // Masks are fed in [0, 1], pictures in [-1, 1].
  batches.flatMap(({ mask }) => (mask ? imagesOf({ ...mask, data: mask.data.map((value) => 2 * value - 1) }) : []));

/** The first images of a batch. */
const firstOf = ({ shape, data }: Tensor, count: number): Tensor => ({
  shape: [count, ...shape.slice(1)],
  data: data.slice(0, (data.length / shape[0]) * count),
});

/** A batch cut to `count` examples. */
const shortened = ({ clean, input, mask, noise, ...rest }: Batch, count: number): Batch => ({
  ...rest,
  clean: firstOf(clean, count),
  noise: firstOf(noise, count),
  ...(input && { input: firstOf(input, count) }),
  ...(mask && { mask: firstOf(mask, count) }),
});

/** The pictures of a setting's source. */
function opened(source: unknown, where: string, { pictures, whole }: PictureMeans): Promise<Dataset> {
  const config = validated(datasetConfigSchema, source as DatasetConfigInput, where);
  return findDataset(mapPaths(config, whole), pictures.files);
}

/**
 * Squares cropped as in training, for comparison with sets of pictures. Every picture is used before any is repeated.
 */
export async function trainingPictures(setting: Setting, means: PictureMeans): Promise<Image[]> {
  const all = await opened(setting.train.data, 'training pictures', means);
  const items = all.items.slice(0, setting.withhold > 0 ? -setting.withhold : undefined);
  const batch = Math.min(setting.reference, items.length);
  const loader = means.pictures.load({ dataset: { ...all, items }, batch, channels: 3, timesteps: 1000, seed: 1 });
  try {
    return imagesOf((await loader.batch(0)).clean);
  } finally {
    await loader.close();
  }
}

/**
 * Makes the held-out squares of a setting.
 *
 * @param options.count how many; by default the setting's number
 * @param options.preprocess what is done to inputs first, as the model that gets them requires
 * @throws RddmError if a picture is missing or the data is no valid source
 */
export async function heldPictures(
  setting: Setting,
  means: PictureMeans,
  { count, preprocess }: HeldOptions,
): Promise<HeldPictures> {
  const { held, withhold, train } = setting;
  const wanted = count ?? held.pictures;
  const batch = Math.min(held.batch, wanted);
  const source = merged(train.data, held.data ?? {});
  const all = await opened(source, 'held-out pictures', means);
  const dataset = held.data || withhold === 0 ? all : { ...all, items: all.items.slice(-withhold) };
  const files = await fingerprintOf(dataset, means.pictures.files);
  const plan = { dataset, batch, channels: 3, timesteps: 1000, seed: held.seed, preprocess } as const;
  const loader = means.pictures.load(plan);
  try {
    const batches: Batch[] = [];
    for (let index = 0; index * batch < wanted; index++) {
      batches.push(shortened(await loader.batch(index), Math.min(batch, wanted - index * batch)));
    }
    return { batches, identity: { source, files, batch, seed: held.seed, wanted, preprocess } };
  } finally {
    await loader.close();
  }
}
