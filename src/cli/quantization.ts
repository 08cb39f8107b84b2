/**
 * The work behind `rddm quantize`, without printing: which photographs show a model its ranges and which judge the result,
 * the calibration itself, and the comparison of both arithmetics. Weights stay as they are in the file: the integers
 * are made of them when the network is built. Without `quantization` in its config.json, the model is the float32 one again.
 */

import type { OpenedModel } from '../adapters/node/files/open-model.ts';
import { type Dataset, openDataset } from '../adapters/node/runs/dataset.ts';
import { createLoader } from '../adapters/node/runs/loader.ts';
import type { Batch } from '../data/batch.ts';
import type { DegradationInput } from '../data/degrade/degradation.ts';
import type { DatasetItem } from '../data/example.ts';
import { tensorToImage } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { psnrRgb } from '../metrics/psnr.ts';
import type { ModelConfig } from '../model/config.ts';
import { networkOf } from '../networks/registry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createCalibration } from '../sample/calibrate.ts';
import type { Denoiser } from '../sample/denoiser.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { sampleFinal } from '../sample/sampler.ts';

/** Where pictures come from, and how many squares are cut of them. */
export interface QuantizationOptions {
  /** Clean photographs, which get the degradation that the model was trained with. */
  readonly clean?: string;
  /** Degraded pictures, with `target`. */
  readonly input?: string;
  readonly target?: string;
  readonly mask?: string;
  /** Squares that show the ranges. */
  readonly squares: number;
  /** Their side in pixels. */
  readonly size: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** How one arithmetic did on the squares that were kept out. */
export interface Measured {
  /** Mean over the squares, dB. */
  readonly psnr: number;
  /** To restore a square, mean. */
  readonly seconds: number;
}

/** The quantized model, and what became of it. */
export interface QuantizedModel {
  readonly config: ModelConfig;
  /** Convolutions that multiply integers. */
  readonly layers: number;
  /** Photographs seen, and those kept out to compare on. */
  readonly photographs: { readonly seen: number; readonly compared: number };
  readonly compared: { readonly float32: Measured; readonly '8-bit': Measured };
}

/** Of so many photographs one is kept out of the calibration. */
const HELD_OUT = 4;
/** Squares to compare on. */
const COMPARED = 8;

/** What no photograph could change. */
export function checkQuantizable({ config, directory }: OpenedModel, options: QuantizationOptions): void {
  const { clean, input, target, size } = options;
  if (config.quantization) {
    const remedy = 'quantize the one that it was made from';
    throw expected(directory, 'a model in float32', 'one that is quantized already', remedy);
  }
  if (config.task === 'generation') throw expected(directory, 'a model that restores', 'one of task generation');
  if ((input === undefined) !== (target === undefined)) {
    throw expected('quantize', '--input and --target together', input === undefined ? 'only --target' : 'only --input');
  }
  if ((clean === undefined) === (input === undefined)) {
    throw expected('quantize', '--clean or --input with --target', clean === undefined ? 'neither' : 'both');
  }
  if ((config.condition === 'input-and-mask') !== (options.mask !== undefined)) {
    const what = options.mask === undefined ? 'a folder of masks, which this model needs, as --mask' : 'no --mask';
    throw expected(directory, what, options.mask ?? 'none');
  }
  if (clean !== undefined && options.mask !== undefined) {
    throw expected('quantize', '--mask with --input and --target', '--mask with --clean');
  }
  const multiple = networkOf(config.unet).sizeMultiple;
  if (size % multiple !== 0) throw expected('quantize', `a --size divisible by ${multiple}`, String(size));
}

async function openPictures({ config, directory }: OpenedModel, options: QuantizationOptions): Promise<Dataset> {
  const { clean, input = '', target = '', mask, size } = options;
  if (clean === undefined) {
    return openDataset({ kind: 'folders', input, target, ...(mask !== undefined && { mask }), crop: size });
  }
  const { degradation, scale } = (config.training?.data ?? {}) as {
    degradation?: DegradationInput;
    scale?: [number, number];
  };
  if (degradation === undefined) {
    const remedy = 'give pairs as --input and --target';
    throw expected(directory, 'a model that says with which degradation it was trained', 'none', remedy);
  }
  return openDataset({ kind: 'degraded', clean, degradation, crop: size, ...(scale && { scale }) });
}

/** Squares of some of the photographs, one after the other. */
async function* squaresOf(
  dataset: Dataset,
  items: readonly DatasetItem[],
  count: number,
  { unet, schedule, preprocess }: ModelConfig,
  { seed, signal }: QuantizationOptions,
): AsyncGenerator<Batch> {
  const { channels } = unet;
  const part = { dataset: { ...dataset, items }, batch: 1, channels, preprocess, timesteps: schedule.timesteps, seed };
  const loader = createLoader(part);
  try {
    for (let step = 0; step < count; step++) {
      signal?.throwIfAborted();
      yield await loader.batch(step);
    }
  } finally {
    await loader.close();
  }
}

const restore = (denoiser: Denoiser, { input, mask }: Batch, { seed, signal }: QuantizationOptions): Promise<Tensor> =>
  sampleFinal(denoiser, { input, mask, seed, signal });

/** Lets both restore the same squares in turn. */
async function compare(
  denoisers: readonly Denoiser[],
  squares: AsyncGenerator<Batch>,
  options: QuantizationOptions,
  onSquare: () => void,
): Promise<Measured[]> {
  const sums = denoisers.map(() => ({ psnr: 0, seconds: 0 }));
  let count = 0;
  for await (const square of squares) {
    for (const [i, denoiser] of denoisers.entries()) {
      // The first call of each builds its program.
      if (count === 0) await restore(denoiser, square, options);
      const began = performance.now();
      const restored = await restore(denoiser, square, options);
      sums[i].seconds += (performance.now() - began) / 1000;
      sums[i].psnr += psnrRgb(tensorToImage(restored), tensorToImage(square.clean));
    }
    count++;
    onSquare();
  }
  return sums.map(({ psnr, seconds }) => ({ psnr: psnr / count, seconds: seconds / count }));
}

/** How many squares a quantization restores, for its progress. */
export const squareCount = ({ squares }: QuantizationOptions): number => squares + COMPARED;

/**
 * Finds the ranges of a model's convolutions on photographs, and compares it in 8 bits with itself in float32 on others.
 *
 * @param onSquare hears of each restored square, `squareCount(options)` times
 * @throws RddmError when model and options do not fit, or there are too few photographs
 */
export async function quantizeModel(
  model: OpenedModel,
  runtime: Runtime,
  options: QuantizationOptions,
  onSquare: () => void = () => {},
): Promise<QuantizedModel> {
  checkQuantizable(model, options);
  const { config, weights } = model;
  const dataset = await openPictures(model, options);
  const judges = dataset.items.filter((_, i) => i % HELD_OUT === HELD_OUT - 1);
  const shown = dataset.items.filter((item) => !judges.includes(item));
  if (judges.length === 0) {
    const what = `at least ${HELD_OUT} photographs, since every ${HELD_OUT}th is kept out to compare on`;
    throw expected('quantize', what, String(dataset.items.length));
  }
  const calibration = createCalibration(runtime, config, weights);
  for await (const square of squaresOf(dataset, shown, options.squares, config, options)) {
    await restore(calibration, square, options);
    onSquare();
  }
  await calibration.release();
  const quantized = { ...config, quantization: calibration.quantization() };
  const denoisers = [config, quantized].map((one) => createNetworkDenoiser(runtime, one, weights));
  const squares = squaresOf(dataset, judges, COMPARED, config, options);
  const [float32, eightBit] = await compare(denoisers, squares, options, onSquare);
  for (const denoiser of denoisers) await denoiser.release();
  return {
    config: quantized,
    layers: Object.keys(quantized.quantization.layers).length,
    photographs: { seen: Math.min(shown.length, options.squares), compared: Math.min(judges.length, COMPARED) },
    compared: { float32, '8-bit': eightBit },
  };
}
