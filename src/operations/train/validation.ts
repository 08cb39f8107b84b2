/**
 * Scores a model in training on squares that it does not learn from: the averaged weights restore them as `rddm
 * restore` would, with the same noise each time. The squares are made once for a run.
 */
import type { Dataset } from '../../data/dataset.ts';
import { type Image, tensorToImage } from '../../data/image.ts';
import type { Preprocessing } from '../../data/preprocess.ts';
import { sha256 } from '../../math/digest.ts';
import { createRandom } from '../../math/random.ts';
import type { Tensor, TensorMap } from '../../math/tensor.ts';
import { psnrRgb } from '../../metrics/psnr.ts';
import { ssimRgb } from '../../metrics/ssim.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Denoiser } from '../../sample/denoiser.ts';
import { createNetworkDenoiser } from '../../sample/network-denoiser.ts';
import { restoreImage } from '../../sample/restore.ts';
import { averagedWeights } from '../../train/checkpoint.ts';
import type { TrainConfig } from '../../train/config.ts';
import type { ValidationScores } from '../../train/validation-progress.ts';
import type { TrainingPictures } from '../training-pictures.ts';

/** A square to restore. */
interface Square {
  readonly clean: Image;
  readonly input: Image;
  /** The input after the model's preprocessing, which saw the whole picture where training lets it. */
  readonly seen: Image;
  /** Where the model takes one. */
  readonly mask?: Image;
}

/** The squares of a run. */
export interface ValidationSquares {
  readonly squares: readonly Square[];
  /** A hash of all of them. */
  readonly hash: string;
  /** What the inputs score without any network. */
  readonly input: ValidationScores;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean scores of pictures against the clean squares. */
function scoresOf(pictures: readonly Image[], squares: readonly Square[]): ValidationScores {
  return {
    psnr: mean(pictures.map((picture, index) => psnrRgb(picture, squares[index].clean))),
    ssim: mean(pictures.map((picture, index) => ssimRgb(picture, squares[index].clean))),
  };
}

/** A mask of 0 … 1 as black and white. */
const maskImage = ({ shape, data }: Tensor): Image => tensorToImage({ shape, data: data.map((one) => 2 * one - 1) });

const hashOf = (squares: readonly Square[]): Promise<string> =>
  Promise.all(
    squares.map(async ({ clean, seen, mask }) => {
      const parts = [clean, seen, ...(mask ? [mask] : [])].map(({ data }) => sha256(new Uint8Array(data)));
      return `${clean.width} ${(await Promise.all(parts)).join(' ')}\n`;
    }),
  ).then((lines) => sha256(lines.join('')));

/**
 * Makes the squares of a run.
 *
 * @param dataset the pictures to validate on; how its squares are cut is in its configuration
 * @throws RddmError if a picture cannot be read
 */
export async function openValidation(
  { model, validation, workers }: TrainConfig & { readonly validation: NonNullable<TrainConfig['validation']> },
  dataset: Dataset,
  pictures: TrainingPictures,
): Promise<ValidationSquares> {
  const { count, seed } = validation;
  const { unet, schedule, preprocess, condition, task } = model;
  const takesMask = condition === 'input-and-mask' || task === 'inpainting';
  const { timesteps } = schedule;
  // Streams of their own: with the run's, the first squares would be degraded like the first batches.
  const own = createRandom(seed, ['validation']).integer(2 ** 31);
  const load = async (how: Preprocessing) => {
    const options = { dataset, batch: 1, channels: unet.channels, preprocess: how, timesteps, seed: own, workers };
    const loader = pictures.load(options);
    try {
      const batches = [];
      for (let index = 0; index < count; index++) batches.push(await loader.batch(index));
      return batches;
    } finally {
      await loader.close();
    }
  };
  const batches = await load('none');
  // The same squares again, cut from whole pictures after the preprocessing.
  const seen = preprocess === 'none' ? batches : await load(preprocess);
  const squares = batches.map(({ clean, input, mask }, index): Square => {
    const [own, given] = [input as Tensor, seen[index].input as Tensor];
    return {
      clean: tensorToImage(clean),
      input: tensorToImage(own),
      seen: tensorToImage(given),
      ...(takesMask && mask && { mask: maskImage(mask) }),
    };
  });
  return {
    squares,
    hash: await hashOf(squares),
    input: scoresOf(
      squares.map(({ input }) => input),
      squares,
    ),
  };
}

async function restored(
  denoiser: Denoiser,
  { seen, mask }: Square,
  seed: number,
  signal?: AbortSignal,
): Promise<Image> {
  let result = seen;
  // Without a mask there are no known pixels to put back.
  const options = { seed, mask, signal, ...(!mask && { composite: 'none' as const }) };
  for await (const { image } of restoreImage(denoiser, seen, options)) result = image;
  return result;
}

/**
 * Scores the averaged weights of a state.
 *
 * @param config whose model has the objective that is trained
 * @throws RddmError if a square cannot be restored
 * @throws the reason of `signal` if it is aborted
 */
export async function validate(
  config: TrainConfig,
  runtime: Runtime,
  states: TensorMap,
  { squares }: ValidationSquares,
  signal?: AbortSignal,
): Promise<ValidationScores> {
  // The squares are preprocessed already.
  const model = { ...config.model, preprocess: 'none' as const };
  const seed = config.validation?.seed ?? 0;
  const denoiser = createNetworkDenoiser(runtime, model, averagedWeights(config, states));
  try {
    const pictures: Image[] = [];
    for (const [index, square] of squares.entries()) {
      pictures.push(await restored(denoiser, square, seed + index, signal));
    }
    return scoresOf(pictures, squares);
  } finally {
    await denoiser.release();
  }
}
