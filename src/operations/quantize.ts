/**
 * A model whose convolutions multiply 8-bit integers: chooses photographs for the ranges and others for judging the
 * result, calibrates, and compares both arithmetics. Weights in the file do not change: the integers are computed when
 * the network is built. Without `quantization` in its configuration, the model is the float32 one again.
 */
import type { Model } from '../checkpoint/model-directory.ts';
import type { Batch } from '../data/batch.ts';
import { type Dataset, findDataset } from '../data/dataset.ts';
import { type DatasetConfigInput, datasetConfigSchema } from '../data/dataset-config.ts';
import type { DegradationInput } from '../data/degrade/degradation.ts';
import type { DatasetItem } from '../data/example.ts';
import { tensorToImage } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import type { Tensor } from '../math/tensor.ts';
import { validated } from '../math/validate.ts';
import { psnrRgb } from '../metrics/psnr.ts';
import type { ModelConfig } from '../model/config.ts';
import { networkOf } from '../networks/registry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createCalibration } from '../sample/calibrate.ts';
import type { Denoiser } from '../sample/denoiser.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { sampleFinal } from '../sample/sampler.ts';
import type { TrainingPictures } from './training-pictures.ts';

/** Where pictures come from, and how many squares are cut from them. */
export interface QuantizationOptions {
  /** A folder of clean photographs, which get the degradation that the model was trained on. */
  readonly clean?: string;
  /** A folder of degraded pictures, with `target`. */
  readonly input?: string;
  readonly target?: string;
  readonly mask?: string;
  /** The number of squares for the ranges. */
  readonly squares: number;
  /** Their side in pixels. */
  readonly size: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** A model to quantize, and its title. */
export interface QuantizationSubject extends Model {
  readonly title: string;
}

/** What the work needs. */
export interface QuantizationMeans {
  readonly runtime: Runtime;
  readonly pictures: TrainingPictures;
}

/** The results of one arithmetic on the held-out squares. */
export interface Measured {
  /** Mean PSNR over the squares, in dB. */
  readonly psnr: number;
  /** Mean seconds to restore a square. */
  readonly seconds: number;
}

/** The quantized model, and its results. */
export interface QuantizedModel {
  readonly config: ModelConfig;
  /** The number of convolutions that multiply integers. */
  readonly layers: number;
  /** The numbers of photographs for calibration, and held out for comparison. */
  readonly photographs: { readonly seen: number; readonly compared: number };
  readonly compared: { readonly float32: Measured; readonly '8-bit': Measured };
}

/** The events: each restored square, and at the end the model. */
export type QuantizationEvent =
  | { readonly kind: 'square'; readonly done: number; readonly of: number }
  | ({ readonly kind: 'quantized' } & QuantizedModel);

/** One of this many photographs is held out of the calibration. */
const HELD_OUT = 4;
/** Squares for the comparison. */
const COMPARED = 8;

/** Checks that do not need photographs. */
export function checkQuantizable(
  { config, title }: Pick<QuantizationSubject, 'config' | 'title'>,
  { clean, input, target, mask, size }: QuantizationOptions,
): void {
  if (config.quantization) {
    const remedy = 'quantize the float32 model it was made from';
    throw expected(title, 'a model in float32', 'an already quantized one', remedy);
  }
  if (config.task === 'generation') throw expected(title, 'a model that restores', 'one of task generation');
  const refuse = (what: string, got: string, field: string): never => {
    throw expected('quantize', what, got, { field });
  };
  if ((input === undefined) !== (target === undefined)) {
    refuse('input and target together', input === undefined ? 'only target' : 'only input', 'input');
  }
  if ((clean === undefined) === (input === undefined)) {
    refuse('clean photographs, or input and target', clean === undefined ? 'neither' : 'both', 'clean');
  }
  if ((config.condition === 'input-and-mask') !== (mask !== undefined)) {
    const what =
      mask === undefined ? 'a folder of masks, which this model needs' : 'no masks, which this model does not use';
    throw expected(title, what, mask ?? 'none', { field: 'mask' });
  }
  if (clean !== undefined && mask !== undefined)
    refuse('masks with input and target', 'masks with clean photographs', 'mask');
  const multiple = networkOf(config.unet).sizeMultiple;
  if (size % multiple !== 0) refuse(`a size divisible by ${multiple}`, String(size), 'size');
}

/** The source of pictures named by the options. */
function sourceOf({ config, title }: QuantizationSubject, options: QuantizationOptions): DatasetConfigInput {
  const { clean, input = '', target = '', mask, size } = options;
  if (clean === undefined) return { kind: 'folders', input, target, ...(mask !== undefined && { mask }), crop: size };
  const { degradation, scale } = (config.training?.data ?? {}) as {
    degradation?: DegradationInput;
    scale?: [number, number];
  };
  if (degradation === undefined) {
    const what = 'a model that records its training degradation';
    throw expected(title, what, 'none', { remedy: 'pass pairs as input and target', field: 'input' });
  }
  return { kind: 'degraded', clean, degradation, crop: size, ...(scale && { scale }) };
}

/** Squares from some of the photographs, one after the other. */
async function* squaresOf(
  dataset: Dataset,
  items: readonly DatasetItem[],
  count: number,
  { unet, schedule, preprocess }: ModelConfig,
  { pictures }: QuantizationMeans,
  { seed, signal }: QuantizationOptions,
): AsyncGenerator<Batch> {
  const { channels } = unet;
  const part = { dataset: { ...dataset, items }, batch: 1, channels, preprocess, timesteps: schedule.timesteps, seed };
  const loader = pictures.load(part);
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

/** Lets both models restore the same squares in turn; yields an event after each square. */
async function* compare(
  denoisers: readonly Denoiser[],
  squares: AsyncGenerator<Batch>,
  options: QuantizationOptions,
  next: () => QuantizationEvent,
): AsyncGenerator<QuantizationEvent, Measured[]> {
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
    yield next();
  }
  return sums.map(({ psnr, seconds }) => ({ psnr: psnr / count, seconds: seconds / count }));
}

/**
 * Finds the ranges of a model's convolutions on photographs, and compares its 8-bit version with float32 on others.
 *
 * @throws RddmError if model and options do not fit, or there are too few photographs
 *
 * @example
 * ```ts
 * import { initialWeights, modelConfig, modelParameters, pictureInStore, picturesInStore, quantizeModel } from 'rddm';
 * import { createReferenceRuntime } from 'rddm/graph';
 * import { folderStore, nodeHost } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * const store = folderStore(mkdtempSync(`${tmpdir()}/rddm-`));
 * const photo = { width: 12, height: 10, channels: 3 as const, data: new Uint8Array(360).map((_, i) => i) };
 * for (const name of ['a', 'b', 'c', 'd']) await pictureInStore(nodeHost, store, `photos/${name}.png`).write(photo);
 * const data = { kind: 'degraded', degradation: { kind: 'rain' } };
 * const unet = { dim: 4, multipliers: [1], groups: 2 };
 * const config = modelConfig({ unet, sampling: { steps: 1 }, training: { data } });
 * const model = { title: 'mine', config, weights: initialWeights(modelParameters(config), 0) };
 * const means = { runtime: createReferenceRuntime(), pictures: picturesInStore(nodeHost, store) };
 * const options = { clean: 'photos', squares: 1, size: 8, seed: 0 };
 * for await (const event of quantizeModel(model, means, options)) {
 *   if (event.kind === 'quantized') assert.ok(event.layers > 0);
 * }
 * ```
 */
export async function* quantizeModel(
  subject: QuantizationSubject,
  means: QuantizationMeans,
  options: QuantizationOptions,
): AsyncGenerator<QuantizationEvent, void> {
  checkQuantizable(subject, options);
  const { config, weights } = subject;
  const { runtime, pictures } = means;
  const source = validated(datasetConfigSchema, sourceOf(subject, options), 'data');
  const dataset: Dataset = await findDataset(source, pictures.files);
  const judges = dataset.items.filter((_, i) => i % HELD_OUT === HELD_OUT - 1);
  const shown = dataset.items.filter((item) => !judges.includes(item));
  if (judges.length === 0) {
    const what = `at least ${HELD_OUT} photographs, since every ${HELD_OUT}th is held out for comparison`;
    throw expected('quantize', what, String(dataset.items.length));
  }
  let done = 0;
  const next = (): QuantizationEvent => ({ kind: 'square', done: ++done, of: options.squares + COMPARED });
  const calibration = createCalibration(runtime, config, weights);
  // Whoever stops reading stops the work here, and gets back what it held.
  try {
    for await (const square of squaresOf(dataset, shown, options.squares, config, means, options)) {
      await restore(calibration, square, options);
      yield next();
    }
  } finally {
    await calibration.release();
  }
  const quantized = { ...config, quantization: calibration.quantization() };
  const denoisers = [config, quantized].map((one) => createNetworkDenoiser(runtime, one, weights));
  const squares = squaresOf(dataset, judges, COMPARED, config, means, options);
  let measured: Measured[];
  try {
    measured = yield* compare(denoisers, squares, options, next);
  } finally {
    for (const denoiser of denoisers) await denoiser.release();
  }
  const [float32, eightBit] = measured;
  yield {
    kind: 'quantized',
    config: quantized,
    layers: Object.keys(quantized.quantization.layers).length,
    photographs: { seen: Math.min(shown.length, options.squares), compared: Math.min(judges.length, COMPARED) },
    compared: { float32, '8-bit': eightBit },
  };
}
