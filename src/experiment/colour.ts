/**
 * The colour of generated pictures as a whole, channel by channel: how different it is from picture to picture, and how far
 * it is that of the noise they started from. A network that predicts the noise and leaves some of its mean shows that over
 * the whole picture: where I_T holds little of the clean one, the error is divided by 1 − ᾱ.
 */
import type { Image } from '../data/image.ts';
import type { Tensor } from '../math/tensor.ts';

/** The mean of each channel of a picture, in values of 255. */
function channelMeans({ channels, data }: Image): number[] {
  const sums = new Array<number>(channels).fill(0);
  for (let i = 0; i < data.length; i++) sums[i % channels] += data[i];
  return sums.map((sum) => sum / (data.length / channels));
}

/** The mean of each channel of each image of a batch. */
function batchMeans({ shape: [count, channels, height, width], data }: Tensor): number[][] {
  const mean = (plane: number) => {
    let sum = 0;
    for (let i = 0; i < height * width; i++) sum += data[plane * height * width + i];
    return sum / (height * width);
  };
  return Array.from({ length: count }, (_, image) =>
    Array.from({ length: channels }, (_, channel) => mean(image * channels + channel)),
  );
}

/** What each picture has beyond the mean of all, channel by channel. */
const ownColours = (means: readonly (readonly number[])[]): number[][] =>
  means.map((own) => own.map((value, c) => value - means.reduce((sum, other) => sum + other[c], 0) / means.length));

/** How far the colour of each picture is from the mean of all, as a root mean square of channels in values of 255. */
export const colourSpread = (pictures: readonly Image[]): number[] =>
  ownColours(pictures.map(channelMeans)).map((own) => Math.hypot(...own) / Math.sqrt(own.length));

/**
 * The part of each picture in the correlation of pictures' colours with those of their starting noise: the mean of these
 * parts is that correlation, over all pictures and channels, 1 where the colour is the noise's and about 0 where it is the
 * network's own.
 *
 * @param starts the starting noise in batches, one image for each picture
 */
export function startColour(pictures: readonly Image[], starts: readonly Tensor[]): number[] {
  const theirs = ownColours(pictures.map(channelMeans));
  const noises = ownColours(starts.flatMap(batchMeans));
  const size = (colours: readonly (readonly number[])[]) => Math.hypot(...colours.flat());
  const scale = (size(theirs) * size(noises)) / pictures.length;
  return theirs.map((own, at) => {
    const product = own.reduce((sum, value, c) => sum + value * noises[at][c], 0);
    return scale > 0 ? product / scale : 0;
  });
}
