/**
 * Restores one picture at its own size: padded to what the U-Net needs and a little more, sampled, cut back, as an async
 * generator of pictures on the way. Pictures go in and out as 8-bit; reading and writing files is an adapter's work.
 * Tiling of very large pictures is left out.
 */
import { keepKnown, withHole } from '../data/hole.ts';
import { type Image, imageToTensor, tensorToImage } from '../data/image.ts';
import { padReflect, removePadding } from '../data/pad.ts';
import { preprocessed } from '../data/preprocess.ts';
import { expected } from '../math/errors.ts';
import type { Shape } from '../math/shape.ts';
import { filled, type Tensor } from '../math/tensor.ts';
import { networkOf } from '../networks/registry.ts';
import type { Denoiser } from './denoiser.ts';
import type { SampleOptions } from './options.ts';
import { sample } from './sampler.ts';

/**
 * Reflected pixels that every side gets. A network restores worse where its convolutions reach into the zeros around an
 * image; with these the outermost 6 pixels gain 0.2 to 0.4 dB (deraining, Set14), and 16 or 32 gain no more.
 */
const MARGIN = 8;

/** How to restore, as the sampler's options; what is left out comes from the model's configuration. */
export interface RestoreOptions
  extends Pick<
    SampleOptions,
    'steps' | 'method' | 'eta' | 'variance' | 'noiseStrength' | 'adjust' | 'path' | 'seed' | 'clip' | 'signal'
  > {
  /**
   * Black and white, of the picture's size: needed where the model's condition is `input-and-mask`. A model that
   * inpaints takes one anyway: its white is the hole, which is made grey as in training.
   */
  readonly mask?: Image | undefined;
  /** `known` puts the pixels outside of the hole back over the restored picture; needs a mask. */
  readonly composite?: 'none' | 'known' | undefined;
}

/** A picture on the way, at the size and in the channels of the one given. */
export interface RestoreEvent {
  /** 0 is the start, the picture with noise; the event of step `steps` holds the restored picture. */
  readonly step: number;
  readonly steps: number;
  readonly image: Image;
}

/** A colour network sees a grey picture as three equal channels; a grey network sees three grey pictures in a colour one. */
function seenAs(channels: 1 | 3, picture: Tensor): Tensor {
  const [, own, height, width] = picture.shape;
  if (own === channels) return picture;
  if (channels === 1) return { ...picture, shape: [own, 1, height, width] };
  const data = new Float32Array(3 * picture.data.length);
  for (let channel = 0; channel < 3; channel++) data.set(picture.data, channel * picture.data.length);
  return { shape: [1, 3, height, width], data };
}

/** The way back: of three channels that stand for grey, their mean. */
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

/** A mask as the network was trained with it: 0 … 1, grey, in as many channels and images as the picture has. */
function maskTensor(mask: Image, shape: Shape): Tensor {
  const result = filled(shape, 0);
  const plane = mask.width * mask.height;
  for (let i = 0; i < result.data.length; i++) result.data[i] = mask.data[(i % plane) * mask.channels] / 255;
  return result;
}

function checkPictures(denoiser: Denoiser, image: Image, { mask, composite }: RestoreOptions): void {
  const where = 'restoreImage';
  const { task, condition } = denoiser.config;
  if (task === 'generation') throw expected(where, 'a model that restores', 'one of task generation');
  const pictures = mask ? [image, mask] : [image];
  for (const { width, height, channels, data } of pictures) {
    if (width < 1 || height < 1 || data.length !== width * height * channels) {
      throw expected(where, `${channels} values for each of ${width}x${height} pixels`, `${data.length} values`);
    }
  }
  if (condition === 'input-and-mask' && !mask) {
    throw expected(where, 'a mask image, which this model needs', 'none', 'give one of the size of the picture');
  }
  if (composite === 'known' && (task !== 'inpainting' || !mask)) {
    const what = 'a model that inpaints, and a mask, with composite "known"';
    throw expected(where, what, task === 'inpainting' ? 'no mask' : `one of task ${task}`);
  }
  if (condition !== 'input-and-mask' && task !== 'inpainting' && mask) {
    throw expected(where, 'no mask, which this model does not see', `one of ${sizeOf(mask)}`);
  }
  if (mask && sizeOf(mask) !== sizeOf(image)) {
    throw expected(where, `a mask of ${sizeOf(image)}, the size of the picture`, sizeOf(mask));
  }
}

/**
 * Restores a picture of any size. Grey pictures work with colour models (as three equal channels, and back), colour
 * pictures with grey models (each channel as a grey picture).
 *
 * @throws RddmError before the first event when picture, mask, options and model do not fit; during the run as `sample`
 * @throws the reason of `signal` when it is aborted
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
  const { unet, preprocess, task, condition } = config;
  const { mask, composite = config.sampling.composite, ...sampling } = options;
  checkPictures(denoiser, image, { mask, composite });
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
    const picture = tensorToImage(seenBack(image.channels, removePadding(event.image, placed)));
    const step = event.kind === 'step' ? event.step : 0;
    const isResult = step === event.steps;
    const composed = isResult && mask && composite === 'known' ? keepKnown(picture, image, mask) : picture;
    yield { step, steps: event.steps, image: composed };
  }
}
