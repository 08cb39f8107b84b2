/**
 * Decodes the bytes of a picture file. Whatever they hold (16 bits, CMYK, a colour profile, a palette, a rotated
 * camera), the result is 8-bit sRGB, upright. Transparency is dropped, not blended: networks and metrics see the stored
 * colours, as in the reference.
 */
import sharp from 'sharp';
import type { Image } from '../../../data/image.ts';
import { expected, type RddmError } from '../../../math/errors.ts';
import { imageKind, isComplete } from './image-kind.ts';

const kinds = 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image';

/** Larger decoded pictures would not fit common memories; it is sharp's own limit. */
const pixelLimit = 0x3fff * 0x3fff;

function damaged(where: string, kind: string): RddmError {
  return expected(where, `a complete ${kind} image`, 'a truncated or damaged one', 'copy or download it again');
}

/** The decoder of a picture, with its upright size. */
async function open(bytes: Uint8Array, where: string) {
  if (bytes.length === 0) throw expected(where, kinds, 'an empty file', 'copy or download it again');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = imageKind(buffer);
  if (!kind) throw expected(where, kinds, 'a file of another kind', 'convert it, or remove it from the folder');
  if (!isComplete(kind, buffer)) throw damaged(where, kind);
  // 'error' refuses truncated files, but not the harmless oddities of cameras, which 'warning' refuses.
  const decoder = sharp(buffer, { failOn: 'error', limitInputPixels: false });
  const { autoOrient } = await decoder.metadata().catch(() => {
    throw damaged(where, kind);
  });
  return { decoder, kind, width: autoOrient.width, height: autoOrient.height };
}

/**
 * Decodes a picture (PNG, JPEG, WebP, TIFF, AVIF, the first frame of a GIF) as 8-bit sRGB, upright.
 *
 * @param where the picture's name, for the message
 * @throws RddmError if there are no bytes, or they are not a picture, truncated, damaged, or above 268 million pixels
 */
export async function decodeImage(bytes: Uint8Array, where: string): Promise<Image> {
  const { decoder, kind, width, height } = await open(bytes, where);
  if (width * height > pixelLimit) {
    throw expected(where, `at most ${pixelLimit} pixels`, `${width}x${height}`, 'scale it down or cut it into pieces');
  }
  const upright = decoder.autoOrient().removeAlpha().toColourspace('srgb').raw();
  const { data } = await upright.toBuffer({ resolveWithObject: true }).catch(() => {
    throw damaged(where, kind);
  });
  return { width, height, channels: 3, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

/** Width and height of a picture as `decodeImage` returns it, from its header. */
export async function decodedSize(bytes: Uint8Array, where: string): Promise<{ width: number; height: number }> {
  const { width, height } = await open(bytes, where);
  return { width, height };
}
