/**
 * `npm run degradations -- PHOTO [PHOTO …]`: docs/images/degradations.png, each photograph unchanged and with every
 * degradation at its defaults, in the registry's order. Shows what a change to a degradation does to real pictures.
 */
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { readImage, writeImage } from '../src/adapters/node/pictures/images.ts';
import { wholeNumber } from '../src/cli/arguments.ts';
import { run } from '../src/cli/run.ts';
import { type DegradationKind, degradationSchema, degradations, degrade } from '../src/data/degrade/degradation.ts';
import type { Image } from '../src/data/image.ts';
import { imageGrid } from '../src/data/image-grid.ts';
import { resizeImage } from '../src/data/resize.ts';
import { createRandom } from '../src/math/random.ts';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The middle square of a photograph, scaled. */
function square(image: Image, side: number): Image {
  const scale = side / Math.min(image.width, image.height);
  const { width, height, channels, data } = resizeImage(
    image,
    Math.round(image.width * scale),
    Math.round(image.height * scale),
  );
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  const rows = Array.from({ length: side }, (_, y) => {
    const start = ((top + y) * width + left) * channels;
    return data.subarray(start, start + side * channels);
  });
  return { width: side, height: side, channels, data: Uint8Array.from(rows.flatMap((row) => [...row])) };
}

async function drawSheet(photographs: readonly string[], flags: { out: string; side: number; seed: number }) {
  const rows: Image[][] = [];
  for (const path of photographs) {
    const clean = square(await readImage(path), flags.side);
    const random = (kind: string) => createRandom(flags.seed, ['sheet', parse(path).name, kind]);
    const kinds = Object.keys(degradations) as DegradationKind[];
    rows.push([clean, ...kinds.map((kind) => degrade(clean, degradationSchema.parse({ kind }), random(kind)).image)]);
  }
  await writeImage(flags.out, imageGrid(rows, 4));
}

const program = new Command('degradations')
  .description('Draws photographs with every degradation.')
  .argument('<photographs...>', 'one row each')
  .addOption(
    new Option('--out <file>', 'the sheet').default(join(repository, 'docs/images/degradations.png'), 'in docs/images'),
  )
  .addOption(new Option('--side <pixels>', 'of each square').default(192).argParser(wholeNumber(16)))
  .addOption(new Option('--seed <n>', 'random seed').default(0).argParser(wholeNumber()))
  .exitOverride()
  .action(drawSheet);

await run(program, process.argv);
