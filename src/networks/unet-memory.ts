/**
 * How many values a U-Net with attention holds at once. The first level dominates, since it has every pixel; the others
 * have a quarter of them or less.
 */

// Measured as the largest resident size of `rddm restore`: dim 16 needs 1.13 GB for 720x480 and 2.51 GB for 1200x800,
// dim 64 2.71 GB for 720x480, of which its weights take 0.4.
/** Channels of attention's queries and keys, whatever the network's width. */
const ATTENTION_CHANNELS = 128;
/** Tensors with that many channels that the runtime holds at once. */
const ATTENTION_TENSORS = 2;
/** Tensors with the first level's channels that it holds at once. */
const FEATURE_TENSORS = 18;

/** @param firstWidth channels of the first level */
export const unetValuesPerPixel = (firstWidth: number): number =>
  ATTENTION_TENSORS * ATTENTION_CHANNELS + FEATURE_TENSORS * firstWidth;
