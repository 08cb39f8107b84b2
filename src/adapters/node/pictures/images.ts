/**
 * Pictures on disk: reading, writing, listing, and the one filter taken from libvips. Whatever a file holds
 * (16 bits, CMYK, a colour profile, a palette, a turned camera), a picture comes in as 8-bit sRGB, upright.
 * Transparency is dropped, not blended: networks and metrics see the stored colours, as the reference does.
 * Metadata (EXIF, profiles) is not carried into written files.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { Image } from '../../../data/image.ts';
import { expected, type RddmError } from '../../../math/errors.ts';
import { fileError } from '../files/file-error.ts';
import { writeFileAtomic } from '../files/files.ts';
import { imageKind, isComplete } from './image-kind.ts';

const kinds = 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image';
const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.avif', '.gif']);

/** Beyond this a decoded picture would not fit common memories; it is sharp's own limit. */
const pixelLimit = 0x3fff * 0x3fff;

/** The sentence for what the file system said; of a picture, only the commonest failures have words of their own. */
function refusal(path: string, wanted: string, error: NodeJS.ErrnoException): RddmError {
  if (error.code === 'ENOENT') return expected(path, wanted, 'nothing of that name', 'check the path');
  if (error.code === 'EISDIR') return expected(path, wanted, 'a folder', 'name a file in it');
  if (error.code === 'ENOTDIR') return expected(path, wanted, 'a file', 'name the folder that it is in');
  return fileError(path, wanted, path, error);
}

function damaged(path: string, kind: string): RddmError {
  return expected(path, `a complete ${kind} image`, 'one that breaks off or is damaged', 'copy or download it again');
}

/** The decoder of a picture with its size as it will be seen, upright. */
async function open(path: string) {
  // Bytes, not the path: libvips caches files by name, and would miss that one was rewritten.
  const bytes = await readFile(path).catch((error) => {
    throw refusal(path, 'an image file', error);
  });
  if (bytes.length === 0) throw expected(path, kinds, 'an empty file', 'copy or download it again');
  const kind = imageKind(bytes);
  if (!kind) throw expected(path, kinds, 'a file of another kind', 'convert it, or take it out of the folder');
  if (!isComplete(kind, bytes)) throw damaged(path, kind);
  // 'error' refuses what breaks off, but not the harmless oddities that cameras write and 'warning' refuses.
  const decoder = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  const { autoOrient } = await decoder.metadata().catch(() => {
    throw damaged(path, kind);
  });
  return { decoder, kind, width: autoOrient.width, height: autoOrient.height };
}

/** What `readImage` may be told. */
export interface ReadImageOptions {
  /** 3: sRGB, a grey picture as R = G = B (default). 1: grey, 0.299 R + 0.587 G + 0.114 B. */
  readonly channels?: 1 | 3;
}

/**
 * Reads a picture (PNG, JPEG, WebP, TIFF, AVIF, the first frame of a GIF) as 8-bit sRGB or grey, upright.
 *
 * @throws RddmError when the file is missing, a folder, empty, no picture, truncated, damaged, or above 268 million pixels
 *
 * @example
 * ```ts
 * import { readImage, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(mkdtempSync(join(tmpdir(), 'rddm-')), 'two-pixels.png');
 * await writeImage(path, { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 200) });
 * assert.deepEqual([...(await readImage(path)).data], [0, 0, 0, 200, 200, 200]);
 * assert.deepEqual([...(await readImage(path, { channels: 1 })).data], [0, 200]);
 * ```
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<Image> {
  const { decoder, kind, width, height } = await open(path);
  if (width * height > pixelLimit) {
    throw expected(path, `at most ${pixelLimit} pixels`, `${width}x${height}`, 'scale it down or cut it into pieces');
  }
  const upright = decoder.autoOrient().removeAlpha().toColourspace('srgb').raw();
  const { data } = await upright.toBuffer({ resolveWithObject: true }).catch(() => {
    throw damaged(path, kind);
  });
  const colour: Image = { width, height, channels: 3, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
  return options.channels === 1 ? grey(colour) : colour;
}

/** Own weights rather than libvips' linear-light ones: what "convert to L" means everywhere else. */
function grey({ width, height, data }: Image): Image {
  const values = new Uint8Array(width * height);
  for (let pixel = 0; pixel < values.length; pixel++) {
    const at = pixel * 3;
    values[pixel] = Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
  }
  return { width, height, channels: 1, data: values };
}

/**
 * Width and height of a picture as `readImage` returns it, without decoding it.
 *
 * @throws RddmError when the file is missing, a folder, empty, or no picture
 *
 * @example
 * ```ts
 * import { imageSize, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(mkdtempSync(join(tmpdir(), 'rddm-')), 'a.png');
 * const picture = { width: 4, height: 3, channels: 3 as const, data: new Uint8Array(36).fill(90) };
 * await writeImage(path, picture);
 * assert.deepEqual(await imageSize(path), { width: 4, height: 3 });
 * ```
 */
export async function imageSize(path: string): Promise<{ width: number; height: number }> {
  const { width, height } = await open(path);
  return { width, height };
}

const isPicture = (name: string): boolean => extensions.has(extname(name).toLowerCase());

/** The files in a folder, hidden ones left out. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw refusal(folder, 'a folder of images', error);
  });
  return entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

/** As `listImages`, but a folder may have none. */
export async function imagesIn(folder: string): Promise<string[]> {
  const names = (await filesIn(folder)).filter(isPicture);
  return names.map((name) => join(folder, name)).sort();
}

/**
 * The pictures in a folder (not in its subfolders) by their extensions, sorted by name; hidden files are left out.
 *
 * @throws RddmError when there is no such folder, or no picture in it
 *
 * @example
 * ```ts
 * import { listImages, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const folder = mkdtempSync(join(tmpdir(), 'rddm-'));
 * const picture = { width: 4, height: 3, channels: 3 as const, data: new Uint8Array(36).fill(90) };
 * await writeImage(join(folder, 'b.png'), picture);
 * await writeImage(join(folder, 'a.jpg'), picture);
 * assert.deepEqual(await listImages(folder), [join(folder, 'a.jpg'), join(folder, 'b.png')]);
 * ```
 */
export async function listImages(folder: string): Promise<string[]> {
  const images = await imagesIn(folder);
  if (images.length === 0) {
    const [other] = await filesIn(folder);
    const found = other === undefined ? 'none' : `none (${other} is none of these)`;
    throw expected(folder, `images (${[...extensions].join(' ')}) in this folder`, found, 'name another folder');
  }
  return images;
}

function pipeline(image: Image): Sharp {
  const { width, height, channels, data } = image;
  if (data.length !== width * height * channels || data.length === 0) {
    throw expected('image', `${channels} values for each of ${width}x${height} pixels`, `${data.length} values`);
  }
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

const encoders: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  '.png': (image) => image.png(),
  '.jpg': (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
  '.jpeg': (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
  '.webp': (image) => image.webp({ quality: 95, smartSubsample: true }),
  '.tif': (image) => image.tiff({ compression: 'deflate' }),
  '.tiff': (image) => image.tiff({ compression: 'deflate' }),
  '.avif': (image) => image.avif({ quality: 90, chromaSubsampling: '4:4:4' }),
};

/** @throws RddmError when `writeImage` could not write a file of this name, so that a long run can ask beforehand */
export function requireWritableKind(path: string): void {
  const extension = extname(path).toLowerCase();
  if (!(extension in encoders)) {
    throw expected(path, `an image name ending in ${Object.keys(encoders).join(' ')}`, extension || 'no ending');
  }
}

/**
 * Writes a picture in the format that the name's ending says; PNG and TIFF keep every value, JPEG has quality 95
 * with full colour resolution. The file appears complete or not at all.
 *
 * @throws RddmError when the ending is unknown, or the format cannot hold a picture of this size
 *
 * @example
 * ```ts
 * import { readImage, writeImage } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(mkdtempSync(join(tmpdir(), 'rddm-')), 'a.png');
 * const picture = { width: 4, height: 3, channels: 3 as const, data: new Uint8Array(36).fill(90) };
 * await writeImage(path, picture);
 * assert.deepEqual([...(await readImage(path)).data], [...picture.data]);
 * ```
 */
export async function writeImage(path: string, image: Image): Promise<void> {
  requireWritableKind(path);
  const space = image.channels === 1 ? 'b-w' : 'srgb';
  const encoder = encoders[extname(path).toLowerCase()](pipeline(image).toColourspace(space));
  const bytes = await encoder.toBuffer().catch((error: Error) => {
    const got = `${image.width}x${image.height} (${error.message.split('\n')[0]})`;
    throw expected(path, 'an image that this format can hold', got, 'write a .png instead');
  });
  await writeFileAtomic(path, bytes);
}

/** The bytes of a PNG file. */
export const encodePng = (image: Image): Promise<Uint8Array> => pipeline(image).png().toBuffer();

/**
 * The 3×3 median of each channel: the filter that a network for rain or noise must beat.
 *
 * @example
 * ```ts
 * import { medianFilter3 } from 'rddm/node';
 * import assert from 'node:assert/strict';
 * // A single bright pixel is no majority anywhere.
 * const data = new Uint8Array(25);
 * data[12] = 255;
 * const filtered = await medianFilter3({ width: 5, height: 5, channels: 1, data });
 * assert.deepEqual([...filtered.data], [...new Uint8Array(25)]);
 * ```
 */
export async function medianFilter3(image: Image): Promise<Image> {
  const colours = pipeline(image)
    .median(3)
    .toColourspace(image.channels === 1 ? 'b-w' : 'srgb');
  return { ...image, data: new Uint8Array(await colours.raw().toBuffer()) };
}
