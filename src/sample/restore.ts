/**
 * Restores one picture at its own size: pads it to what the U-Net needs and a little more, samples, and crops it again,
 * as an async generator of intermediate pictures. Takes and gives 8-bit pictures; an adapter reads and writes files.
 * A denoiser may work in tiles (tiled-denoiser.ts); nothing here knows of it.
 */
import { keepKnown, withHole } from '../data/hole.ts';
import { type Image, imageToTensor, tensorToImage } from '../data/image.ts';
import { padReflect, removePadding } from '../data/pad.ts';
import { preprocessed } from '../data/preprocess.ts';
import { expected } from '../math/errors.ts';
import type { Shape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { networkOf } from '../networks/registry.ts';
import { checkRestoration, type RestorationRequest } from './check-restoration.ts';
import type { Denoiser } from './denoiser.ts';
import { type Ensemble, type Given, overSymmetries, type RestoredTensor } from './ensemble.ts';
import type { SampleOptions } from './options.ts';
import { sample } from './sampler.ts';

/**
 * Reflected pixels on every side. A network restores worse where its convolutions reach into the zeros around an image;
 * this margin gains the outermost 6 pixels 0.2 to 0.4 dB (deraining, Set14), and 16 or 32 gain no more.
 */
const MARGIN = 8;

/** How to restore: the sampler's options; omitted ones come from the model's configuration. */
export interface RestoreOptions
  extends Pick<
    SampleOptions,
    'steps' | 'method' | 'eta' | 'variance' | 'noiseStrength' | 'adjust' | 'path' | 'seed' | 'clip' | 'signal'
  > {
  /**
   * Black and white, of the picture's size; required if the model's condition is `input-and-mask`. A model that
   * inpaints always accepts one: its white is the hole, which is made grey as in training.
   */
  readonly mask?: Image | undefined;
  /** `known` puts the pixels outside the hole back over the restored picture; needs a mask. */
  readonly composite?: RestorationRequest['composite'];
  /**
   * `symmetries` restores the picture in the eight orientations of the square and averages (self-ensemble: Timofte et
   * al. 2016, Lim et al. 2017): a better picture in eight times the steps. By default `none`.
   */
  readonly ensemble?: Ensemble | undefined;
}

/** An intermediate picture, with the size, orientation and channels of the given one. */
export interface RestoreEvent {
  /** 0 is the start, the picture with noise; step `steps` is the restored picture. */
  readonly step: number;
  /** The sampler's; eight times as many with an ensemble. */
  readonly steps: number;
  readonly image: Image;
}

/**
 * A colour network gets a grey picture as three equal channels; a grey network gets a colour picture as three grey
 * ones.
 */
function seenAs(channels: 1 | 3, picture: Tensor): Tensor {
  const [, own, height, width] = picture.shape;
  if (own === channels) return picture;
  if (channels === 1) return { ...picture, shape: [own, 1, height, width] };
  const data = new Float32Array(3 * picture.data.length);
  for (let channel = 0; channel < 3; channel++) data.set(picture.data, channel * picture.data.length);
  return { shape: [1, 3, height, width], data };
}

/** The reverse: the mean of three channels that stand for grey. */
function seenBack(channels: 1 | 3, { shape, data }: Tensor): Tensor {
  const [count, own, height, width] = shape;
  const total = count * own;
  if (total === channels) return { shape: [1, channels, height, width], data };
  const grey = filled([1, 1, height, width], 0);
  const plane = grey.data.length;
  for (let i = 0; i < plane; i++) grey.data[i] = (data[i] + data[plane + i] + data[2 * plane + i]) / 3;
  return grey;
}

const sizeOf = ({ width, height }: Image): string => `${width}x${height}`;

/** A mask in the form used in training: 0 … 1, grey, in as many channels and images as the picture. */
function maskTensor(mask: Image, shape: Shape): Tensor {
  const result = filled(shape, 0);
  const plane = mask.width * mask.height;
  for (let i = 0; i < result.data.length; i++) result.data[i] = mask.data[(i % plane) * mask.channels] / 255;
  return result;
}

const where = 'restoreImage';

function checkPictures(image: Image, mask: Image | undefined): void {
  for (const { width, height, channels, data } of mask ? [image, mask] : [image]) {
    if (width < 1 || height < 1 || data.length !== width * height * channels) {
      throw expected(where, `${channels} values for each of ${width}x${height} pixels`, `${data.length} values`);
    }
  }
  if (mask && sizeOf(mask) !== sizeOf(image)) {
    throw expected(where, `a mask of ${sizeOf(image)}, the size of the picture`, sizeOf(mask));
  }
}

/** Pads a picture that has been checked, runs the reverse process and removes the padding. */
async function* restoreTensor(
  denoiser: Denoiser,
  { image, mask }: Given,
  sampling: SampleOptions,
): AsyncGenerator<RestoredTensor, void> {
  const { unet, preprocess, task, condition } = denoiser.config;
  const multiple = networkOf(unet).sizeMultiple;
  const given = task === 'inpainting' && mask ? withHole(image, mask) : image;
  const seen = seenAs(unet.channels, imageToTensor(preprocessed(given, preprocess)));
  const { padded, placed } = padReflect(seen, multiple, MARGIN);
  const events = sample(denoiser, {
    ...sampling,
    input: padded,
    ...(mask &&
      condition === 'input-and-mask' && { mask: padReflect(maskTensor(mask, seen.shape), multiple, MARGIN).padded }),
  });
  for await (const event of events) {
    const tensor = seenBack(image.channels, removePadding(event.image, placed));
    yield { step: event.kind === 'step' ? event.step : 0, steps: event.steps, tensor };
  }
}

/**
 * Restores a picture of any size. Grey pictures work with colour models (as three equal channels, then averaged),
 * colour pictures with grey models (each channel as a grey picture).
 *
 * @throws RddmError before the first event if picture, mask, options and model do not fit; during the run like `sample`
 * @throws the reason of `signal` if it is aborted
 *
 * @example
 * ```ts
 * import { filled, modelConfig, restoreImage } from 'rddm';
 * import assert from 'node:assert/strict';
 * // A network that always finds a residual of 0.2, which is 25.5 of 255.
 * const denoiser = {
 *   config: modelConfig({ sampling: { steps: 2 } }),
 *   predict: async ({ noisy }: { noisy: { shape: readonly number[] } }) => ({ residual: filled(noisy.shape, 0.2) }),
 * };
 * const photo = { width: 5, height: 3, channels: 3 as const, data: new Uint8Array(45).fill(100) };
 * let restored = photo as { width: number; height: number; data: ArrayLike<number> };
 * for await (const { image } of restoreImage(denoiser, photo)) restored = image;
 * assert.deepEqual([restored.width, restored.height], [5, 3]);
 * assert.ok(Math.abs(restored.data[0] - 74.5) < 1);
 * ```
 */
export async function* restoreImage(
  denoiser: Denoiser,
  image: Image,
  options: RestoreOptions = {},
): AsyncGenerator<RestoreEvent, void> {
  const { config } = denoiser;
  const { mask, composite = config.sampling.composite, ensemble = 'none', ...sampling } = options;
  checkRestoration(config, { mask: mask !== undefined, composite, ensemble }, where);
  checkPictures(image, mask);
  const restore = (given: Given) => restoreTensor(denoiser, given, sampling);
  const given = { image, mask };
  for await (const { step, steps, tensor } of ensemble === 'none' ? restore(given) : overSymmetries(given, restore)) {
    const picture = tensorToImage(tensor);
    const isResult = step === steps;
    yield { step, steps, image: isResult && mask && composite === 'known' ? keepKnown(picture, image, mask) : picture };
  }
}
