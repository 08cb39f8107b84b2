/**
 * Encodes pictures as the bytes of a file. PNG and TIFF keep every value, JPEG has quality 95 with full colour
 * resolution. Metadata (EXIF, profiles) is not written.
 */
import sharp, { type Sharp } from 'sharp';
import type { Image } from '../../../data/image.ts';
import { expected } from '../../../math/errors.ts';
import type { PictureKind } from '../../../operations/host.ts';

function pipeline(image: Image): Sharp {
  const { width, height, channels, data } = image;
  if (data.length !== width * height * channels || data.length === 0) {
    throw expected('image', `${channels} values for each of ${width}x${height} pixels`, `${data.length} values`);
  }
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

const encoders: Readonly<Record<PictureKind, (image: Sharp) => Sharp>> = {
  png: (image) => image.png(),
  jpg: (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
  webp: (image) => image.webp({ quality: 95, smartSubsample: true }),
  tif: (image) => image.tiff({ compression: 'deflate' }),
  avif: (image) => image.avif({ quality: 90, chromaSubsampling: '4:4:4' }),
};

/**
 * Encodes a picture.
 *
 * @param where the file's name, for the message
 * @throws RddmError if the format cannot hold a picture of this size
 */
export async function encodeImage(image: Image, kind: PictureKind, where = 'image'): Promise<Uint8Array> {
  const space = image.channels === 1 ? 'b-w' : 'srgb';
  const encoder = encoders[kind](pipeline(image).toColourspace(space));
  return encoder.toBuffer().catch((error: Error) => {
    const got = `${image.width}x${image.height} (${error.message.split('\n')[0]})`;
    throw expected(where, 'an image that this format can hold', got, 'write a .png instead');
  });
}
