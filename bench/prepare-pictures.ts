/** Makes the photographs of the cases from the one in examples, so that every clone measures the same. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { LoaderTask, RestoreTask } from './task.ts';

const example = fileURLToPath(new URL('../examples/rain.jpg', import.meta.url));

/** A photograph of `side`×`side`, and the task to restore it. */
export async function prepareRestore(side: number, steps: number, folder: string): Promise<RestoreTask> {
  const photograph = join(folder, 'photograph.jpg');
  await sharp(example).resize(side, side).jpeg({ quality: 95 }).toFile(photograph);
  return { kind: 'restore', photograph, out: join(folder, 'restored.png'), steps };
}

/** The number of photographs that the loader draws from, and their size: two megapixels, like a small camera's. */
const PHOTOGRAPHS = 16;
const SIZE = { width: 1632, height: 1224 } as const;

/** A folder of photographs with different content, and the task to make batches of them. */
export async function prepareLoader(
  settings: Omit<LoaderTask, 'kind' | 'photographs'>,
  folder: string,
): Promise<LoaderTask> {
  const photographs = join(folder, 'photographs');
  await mkdir(photographs);
  for (let i = 0; i < PHOTOGRAPHS; i++) {
    const cut = { left: 10 * i, top: 5 * i, width: 480, height: 360 };
    const picture = sharp(example).extract(cut).resize(SIZE.width, SIZE.height).jpeg({ quality: 90 });
    await picture.toFile(join(photographs, `${i}.jpg`));
  }
  return { kind: 'loader', photographs, ...settings };
}
