/** The eight symmetries of the square, as changes of a picture's orientation: for training squares and for restoring. */
import type { Image } from './image.ts';

/** Mirrored left-right and top-bottom, then rows for columns. */
export interface Symmetry {
  readonly mirrorX: boolean;
  readonly mirrorY: boolean;
  /** Columns become rows: width and height change places. */
  readonly transpose: boolean;
}

/** All eight, first the identity and the others that keep width and height. */
export const symmetries: readonly Symmetry[] = [false, true].flatMap((transpose) =>
  [false, true].flatMap((mirrorY) => [false, true].map((mirrorX) => ({ mirrorX, mirrorY, transpose }))),
);

/** Width and height after a symmetry. */
export const turnedSize = (
  { width, height }: Pick<Image, 'width' | 'height'>,
  { transpose }: Symmetry,
): Pick<Image, 'width' | 'height'> => (transpose ? { width: height, height: width } : { width, height });

/** For each pixel of the turned picture, row by row, the pixel of the given picture that it shows. */
export function turnedFrom(size: Pick<Image, 'width' | 'height'>, symmetry: Symmetry): Int32Array {
  const { mirrorX, mirrorY, transpose } = symmetry;
  const { width, height } = turnedSize(size, symmetry);
  const from = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = mirrorY ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const column = mirrorX ? width - 1 - x : x;
      from[y * width + x] = transpose ? column * size.width + row : row * size.width + column;
    }
  }
  return from;
}

/** A picture in another orientation. */
export function turned(image: Image, symmetry: Symmetry): Image {
  const { mirrorX, mirrorY, transpose } = symmetry;
  if (!mirrorX && !mirrorY && !transpose) return image;
  const { channels, data } = image;
  const from = turnedFrom(image, symmetry);
  const result = new Uint8Array(data.length);
  for (let pixel = 0; pixel < from.length; pixel++) {
    for (let c = 0; c < channels; c++) result[pixel * channels + c] = data[from[pixel] * channels + c];
  }
  return { ...turnedSize(image, symmetry), channels, data: result };
}
