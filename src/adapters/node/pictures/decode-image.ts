/**
 * The bytes of a picture file as a picture. Whatever they hold (16 bits, CMYK, a colour profile, a palette, a turned
 * camera), it comes in as 8-bit sRGB, upright. Transparency is dropped, not blended: networks and metrics see the stored
 * colours, as the reference does.
 */
import sharp from 'sharp';
import type { Image } from '../../../data/image.ts';
import { expected, type RddmError } from '../../../math/errors.ts';
import { imageKind, isComplete } from './image-kind.ts';

const kinds = 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image';

/** Beyond this a decoded picture would not fit common memories; it is sharp's own limit. */
const pixelLimit = 0x3fff * 0x3fff;

function damaged(where: string, kind: string): RddmError {
  return expected(where, `a complete ${kind} image`, 'one that breaks off or is damaged', 'copy or download it again');
}

/** The decoder of a picture with its size as it will be seen, upright. */
async function open(bytes: Uint8Array, where: string) {
  if (bytes.length === 0) throw expected(where, kinds, 'an empty file', 'copy or download it again');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = imageKind(buffer);
  if (!kind) throw expected(where, kinds, 'a file of another kind', 'convert it, or take it out of the folder');
  if (!isComplete(kind, buffer)) throw damaged(where, kind);
  // 'error' refuses what breaks off, but not the harmless oddities that cameras write and 'warning' refuses.
  const decoder = sharp(buffer, { failOn: 'error', limitInputPixels: false });
  const { autoOrient } = await decoder.metadata().catch(() => {
    throw damaged(where, kind);
  });
  return { decoder, kind, width: autoOrient.width, height: autoOrient.height };
}

/**
 * Decodes a picture (PNG, JPEG, WebP, TIFF, AVIF, the first frame of a GIF) as 8-bit sRGB, upright.
 *
 * @param where what the picture is called, for the message
 * @throws RddmError when the bytes are none, no picture, truncated, damaged, or above 268 million pixels
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
