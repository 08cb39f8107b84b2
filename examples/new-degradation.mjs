/**
 * A degradation of one's own: fog. Makes a folder of degraded pictures from one of clean ones, with the same names, which
 * `rddm train --input foggy --target clean --out RUN` and train-on-pairs.mjs take.
 *
 *   node examples/new-degradation.mjs CLEAN FOGGY
 *
 * A degradation is a function of a picture and a random stream. The same seed and the same name give the same picture. To
 * have one in rddm itself, so that it is drawn anew in each step of a training, see CONTRIBUTING.md in the repository.
 */
import { mkdirSync } from 'node:fs';
import { basename, join, parse } from 'node:path';
import { createRandom } from 'rddm';
import { listImages, readImage, writeImage } from 'rddm/node';

const [from, to] = process.argv.slice(2);
if (!to) throw new Error('usage: node examples/new-degradation.mjs CLEAN FOGGY');

/** White light between camera and scene, more of it towards the top, where the scene is far. */
function fog(image, random) {
  const { width, height, channels } = image;
  const density = random.between(0.5, 2);
  const light = random.between(200, 240);
  const data = image.data.map((value, i) => {
    const row = Math.floor(i / (width * channels));
    const distance = 1 - row / height;
    const seen = Math.exp(-density * distance);
    return Math.round(value * seen + light * (1 - seen));
  });
  return { ...image, data };
}

mkdirSync(to, { recursive: true });
for (const path of await listImages(from)) {
  const random = createRandom(1, ['fog', basename(path)]);
  await writeImage(join(to, `${parse(path).name}.png`), fog(await readImage(path), random));
}
