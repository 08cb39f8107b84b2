/**
 * Pictures on disk: reading, writing and listing. decode-image.ts and encode-image.ts handle the contents of a file;
 * here are names, folders and the file system's errors.
 */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { greyImage } from '../../../data/grey.ts';
import type { Image } from '../../../data/image.ts';
import { expected, type RddmError } from '../../../math/errors.ts';
import type { PictureKind } from '../../../operations/host.ts';
import { fileError } from '../files/file-error.ts';
import { writeFileAtomic } from '../files/files.ts';
import { decodedSize, decodeImage } from './decode-image.ts';
import { encodeImage } from './encode-image.ts';

const extensions = new Set(['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.avif', '.gif']);

/** The sentence for a file system error; for pictures, only the most common failures have their own. */
function refusal(path: string, wanted: string, error: NodeJS.ErrnoException): RddmError {
  if (error.code === 'ENOENT') return expected(path, wanted, 'nothing of that name', 'check the path');
  if (error.code === 'EISDIR') return expected(path, wanted, 'a folder', 'name a file in it');
  if (error.code === 'ENOTDIR') return expected(path, wanted, 'a file', 'name the folder that it is in');
  return fileError(path, wanted, path, error);
}

// The decoder gets bytes, not the path: libvips caches files by name, and would miss that one was rewritten.
const bytesOf = (path: string): Promise<Uint8Array> =>
  readFile(path).catch((error) => {
    throw refusal(path, 'an image file', error);
  });

/** Options of `readImage`. */
export interface ReadImageOptions {
  /** 3: sRGB, a grey picture as R = G = B (default). 1: grey, 0.299 R + 0.587 G + 0.114 B. */
  readonly channels?: 1 | 3;
}

/**
 * Reads a picture (PNG, JPEG, WebP, TIFF, AVIF, the first frame of a GIF) as 8-bit sRGB or grey, upright.
 *
 * @throws RddmError if the file is missing, a folder, empty, not a picture, truncated, damaged, or above 268 million
 *   pixels
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
  const colour = await decodeImage(await bytesOf(path), path);
  return options.channels === 1 ? greyImage(colour) : colour;
}

/**
 * Width and height of a picture as `readImage` returns it, without decoding it.
 *
 * @throws RddmError if the file is missing, a folder, empty, or not a picture
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
  return decodedSize(await bytesOf(path), path);
}

const isPicture = (name: string): boolean => extensions.has(extname(name).toLowerCase());

/** The files in a folder, without hidden ones. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw refusal(folder, 'a folder of images', error);
  });
  return entries.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

/** Like `listImages`, but a folder may have none. */
export async function imagesIn(folder: string): Promise<string[]> {
  const names = (await filesIn(folder)).filter(isPicture);
  return names.map((name) => join(folder, name)).sort();
}

/**
 * The pictures in a folder (not in its subfolders) by their extensions, sorted by name, without hidden files.
 *
 * @throws RddmError if there is no such folder, or no picture in it
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
    const found = other === undefined ? 'none' : `none (${other} is another kind)`;
    throw expected(folder, `images (${[...extensions].join(' ')}) in this folder`, found, 'name another folder');
  }
  return images;
}

const endings: Readonly<Record<string, PictureKind>> = {
  '.png': 'png',
  '.jpg': 'jpg',
  '.jpeg': 'jpg',
  '.webp': 'webp',
  '.tif': 'tif',
  '.tiff': 'tif',
  '.avif': 'avif',
};

/**
 * The format of a file, by the ending of its name.
 *
 * @throws RddmError if `writeImage` could not write a file of this name, so that a long run can check beforehand
 */
export function writableKind(path: string): PictureKind {
  const extension = extname(path).toLowerCase();
  if (Object.hasOwn(endings, extension)) return endings[extension];
  throw expected(path, `an image name ending in ${Object.keys(endings).join(' ')}`, extension || 'no ending');
}

/**
 * Writes a picture in the format of the name's ending; PNG and TIFF keep every value, JPEG has quality 95 with full
 * colour resolution. The file appears complete or not at all.
 *
 * @throws RddmError if the ending is unknown, or the format cannot hold a picture of this size
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
  await writeFileAtomic(path, await encodeImage(image, writableKind(path), path));
}
