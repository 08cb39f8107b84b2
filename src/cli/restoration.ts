/**
 * The work behind `rddm restore`, without printing: one file in, its files out. Each file appears complete or not at
 * all; the restored picture comes last, so that where it is, everything else is too.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../adapters/node/files/file-error.ts';
import { readImage, writeImage } from '../adapters/node/pictures/images.ts';
import type { Image } from '../data/image.ts';
import { sideBySide } from '../data/image-grid.ts';
import type { Denoiser } from '../sample/denoiser.ts';
import { checkMemory } from '../sample/memory.ts';
import { type RestoreOptions, restoreImage } from '../sample/restore.ts';
import type { RestoreJob } from './restore-jobs.ts';

/** What became of a picture. */
export interface RestoredFile extends RestoreJob {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** How to restore a file. */
export interface FileOptions extends RestoreOptions {
  /** Bytes of memory that the machine has, where a picture that needs more is to be refused. */
  readonly memory?: number | undefined;
}

/** Writes a picture, and the folder it goes to. */
async function writeInFolder(path: string, image: Image): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw fileError('restore', 'a folder to write to', dirname(path), error);
  });
  await writeImage(path, image);
}

/** A picture whose three channels are equal everywhere is grey, and stays grey. */
function asStored(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return image;
  return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
}

/**
 * Restores one file.
 *
 * @param onStep hears of each finished step, 0 for the start
 * @throws RddmError when the picture or its mask cannot be read, do not fit the model or the memory, or a file cannot be
 *   written
 */
export async function restoreFile(
  denoiser: Denoiser,
  job: RestoreJob,
  { memory, ...options }: FileOptions,
  onStep: (step: number) => void = () => {},
): Promise<RestoredFile> {
  const began = performance.now();
  const image = asStored(await readImage(job.input));
  if (memory !== undefined) checkMemory(denoiser.config, image, memory);
  const mask = job.mask === undefined ? undefined : await readImage(job.mask, { channels: 1 });
  let restored = image;
  for await (const event of restoreImage(denoiser, image, { ...options, mask })) {
    restored = event.image;
    if (job.stepFiles) await writeInFolder(job.stepFiles[event.step], event.image);
    onStep(event.step);
  }
  options.signal?.throwIfAborted();
  if (job.sideBySide !== undefined) await writeInFolder(job.sideBySide, sideBySide([image, restored]));
  await writeInFolder(job.output, restored);
  const { width, height } = restored;
  return { ...job, width, height, seconds: (performance.now() - began) / 1000 };
}
