/** The data sets of the paper as unpacked, each with a few tiny pictures of seeded noise. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeImage } from '../../src/adapters/node/pictures/images.ts';
import { createRandom } from '../../src/math/random.ts';

/** The files of each data set, by its name in the paper. */
export const dataSets = {
  ISTD: ['train', 'test'].flatMap((split) =>
    ['A', 'B', 'C'].flatMap((part) => ['1-1.png', '1-2.png'].map((name) => `${split}/${split}_${part}/${name}`)),
  ),
  LOL: ['our485', 'eval15'].flatMap((part) =>
    ['low', 'high'].flatMap((role) => [`${part}/${role}/2.png`, `${part}/${role}/5.png`]),
  ),
  GoPro: ['train', 'test'].flatMap((split) =>
    ['GOPR1', 'GOPR2'].flatMap((scene) =>
      ['blur', 'blur_gamma', 'sharp'].map((role) => `${split}/${scene}/${role}/000001.png`),
    ),
  ),
  RainDrop: ['train', 'test_a'].flatMap((split) =>
    [0, 1].flatMap((n) => [`${split}/data/${n}_rain.png`, `${split}/gt/${n}_clean.png`]),
  ),
  CelebA: ['Img/img_align_celeba/000001.jpg', 'Img/img_align_celeba/000002.jpg'],
  'CelebA-HQ': ['train', 'val'].flatMap((split) => [`${split}/male/1.jpg`, `${split}/female/2.jpg`]),
  AFHQ: ['train', 'val'].flatMap((split) => ['cat', 'dog', 'wild'].map((kind) => `${split}/${kind}/7.png`)),
} as const;

/** Writes noise pictures, 24x20, under a folder. */
export async function writePictures(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const random = createRandom(0, ['data set', name]);
    const data = Uint8Array.from({ length: 24 * 20 * 3 }, () => random.integer(256));
    await writeImage(path, { width: 24, height: 20, channels: 3, data });
  }
}
