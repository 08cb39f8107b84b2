/** Pictures of one size as a network's input. */
import { type Image, imageIntoBatch } from '../data/image.ts';
import { expected } from '../math/errors.ts';
import { filled, type Tensor } from '../math/tensor.ts';

/** A grey picture as R = G = B. */
export function coloured(image: Image): Image {
  if (image.channels === 3) return image;
  const data = Uint8Array.from({ length: image.data.length * 3 }, (_, i) => image.data[Math.floor(i / 3)]);
  return { ...image, channels: 3, data };
}

/**
 * Converts pictures to [N, 3, H, W] in [-1, 1].
 *
 * @param like a picture of the required size
 * @throws RddmError if a picture has another size
 */
export function pictureBatch(images: readonly Image[], where: string, { width, height }: Image): Tensor {
  const batch = filled([images.length, 3, height, width], 0);
  images.forEach((image, i) => {
    if (image.width !== width || image.height !== height) {
      const sizes = `${width}x${height} and ${image.width}x${image.height}`;
      throw expected(where, 'pictures of one size', sizes, 'crop or resize them');
    }
    imageIntoBatch(coloured(image), batch, i);
  });
  return batch;
}
