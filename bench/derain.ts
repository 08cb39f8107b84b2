/**
 * `npm run score -- [--data DIR] [--model MODEL] [--steps N]`: how well a model removes rain. Clean pictures get the
 * rain of `rddm degrade rain --seed S`; the degraded input, its 3×3 median and the restored picture are scored against
 * the clean one. Only pictures that no training has seen are meaningful; by default these are Set14's.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { writeFileAtomic } from '../src/adapters/node/files/files.ts';
import { openModel } from '../src/adapters/node/files/open-model.ts';
import { openRuntime } from '../src/adapters/node/ort/open-runtime.ts';
import { listImages, readImage, writeImage } from '../src/adapters/node/pictures/images.ts';
import { wholeNumber } from '../src/cli/arguments.ts';
import { abortSignal } from '../src/cli/context.ts';
import { createProgress, formatJson, printTable } from '../src/cli/output.ts';
import { run } from '../src/cli/run.ts';
import { degradationSchema, degrade } from '../src/data/degrade/degradation.ts';
import type { Image } from '../src/data/image.ts';
import { sideBySide } from '../src/data/image-grid.ts';
import { medianFilter3 } from '../src/data/median.ts';
import { createRandom } from '../src/math/random.ts';
import { compareImages } from '../src/metrics/compare.ts';
import { type Precision, precisions } from '../src/onnx/precision.ts';
import { baselineTitles } from '../src/operations/evaluate/baselines.ts';
import { type Candidate, type ImageScores, meanScores, rowsOf } from '../src/operations/evaluate/scores.ts';
import { type Device, devices } from '../src/runtime/runtime.ts';
import { createNetworkDenoiser, type NetworkDenoiser } from '../src/sample/network-denoiser.ts';
import { restoreImage } from '../src/sample/restore.ts';

interface Flags {
  readonly data: string;
  readonly model: string;
  readonly seed: number;
  readonly steps?: number;
  readonly device: Device;
  readonly precision: Precision;
  readonly json?: string;
  readonly pictures?: string;
}

/** A picture's scores, and the time of its restoration. */
type Score = ImageScores & { readonly seconds: number };

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const shared = process.env.RDDM_SHARED ?? join(repository, '..', 'shared');
const titles: Readonly<Record<Candidate, string>> = { input: 'input', ...baselineTitles, result: 'restored' };
const rain = degradationSchema.parse({ kind: 'rain' });

async function restore(denoiser: NetworkDenoiser, input: Image, steps: number | undefined): Promise<Image> {
  let restored = input;
  for await (const { image } of restoreImage(denoiser, input, { steps, signal: abortSignal() })) restored = image;
  return restored;
}

async function scorePicture(path: string, denoiser: NetworkDenoiser, flags: Flags): Promise<Score> {
  const { name } = parse(path);
  const clean = await readImage(path);
  // The stream that `rddm degrade` gives a file of this name.
  const { image: input } = degrade(clean, rain, createRandom(flags.seed, ['degrade', name]));
  const began = performance.now();
  const result = await restore(denoiser, input, flags.steps);
  const seconds = (performance.now() - began) / 1000;
  if (flags.pictures !== undefined) {
    await writeImage(join(flags.pictures, `${name}.png`), sideBySide([input, result, clean]));
  }
  const scores = {
    input: compareImages(input, clean),
    median: compareImages(medianFilter3(input), clean),
    result: compareImages(result, clean),
  };
  return { name, width: clean.width, height: clean.height, scores, seconds };
}

function print(images: readonly Score[], mean: ImageScores['scores'], steps: number): void {
  const rows = [
    ...images.flatMap(({ name, scores }) => rowsOf(name, scores)),
    ...rowsOf(`mean of ${images.length}`, mean),
  ];
  printTable(rows, [
    { title: 'name', value: (row) => row.name },
    { title: 'picture', value: (row) => titles[row.candidate] },
    { title: 'PSNR', value: ({ scores }) => scores.psnrRgb },
    { title: 'SSIM', value: ({ scores }) => scores.ssimRgb, digits: 4 },
    { title: 'PSNR Y', value: ({ scores }) => scores.psnrLuma },
    { title: 'SSIM Y', value: ({ scores }) => scores.ssimLuma, digits: 4 },
  ]);
  const gainOver = (candidate: Candidate): string => {
    const gain = (mean.result?.psnrRgb ?? Number.NaN) - (mean[candidate]?.psnrRgb ?? Number.NaN);
    return `${gain < 0 ? '' : '+'}${gain.toFixed(2)} dB over the ${titles[candidate]}`;
  };
  console.log(`restored in ${steps} steps: ${gainOver('input')}, ${gainOver('median')} (PSNR, RGB)`);
}

async function score(flags: Flags): Promise<void> {
  const { data, seed, device, precision, json, pictures } = flags;
  const paths = await listImages(data);
  const { directory, config, weights } = await openModel(flags.model, 'score');
  const steps = flags.steps ?? config.sampling.steps;
  // Checked before the work, not after it.
  if (pictures !== undefined) await mkdir(pictures, { recursive: true });
  if (json !== undefined) await mkdir(dirname(json), { recursive: true });
  const runtime = openRuntime(device, precision);
  const denoiser = createNetworkDenoiser(runtime, config, weights);
  const images: Score[] = [];
  const progress = createProgress('scoring', paths.length);
  try {
    for (const path of paths) {
      progress.update(images.length, parse(path).base);
      images.push(await scorePicture(path, denoiser, flags));
    }
    progress.update(images.length);
  } finally {
    progress.end();
    await denoiser.release();
    await runtime.close();
  }
  const mean = meanScores(images);
  if (json !== undefined) {
    const report = {
      format: 'rddm-score',
      version: 1,
      data,
      model: directory,
      device,
      precision,
      steps,
      seed,
      rain,
      images,
      mean,
    };
    await writeFileAtomic(json, new TextEncoder().encode(formatJson(report)));
  }
  print(images, mean, steps);
}

const program = new Command('score')
  .description('Scores a deraining model on clean pictures with seeded rain.')
  .option('--data <folder>', 'clean pictures', join(shared, 'data', 'set14'))
  .option('--model <model>', 'a model directory, or the name of a shipped model', join(repository, 'models', 'derain'))
  .option('--seed <number>', 'random seed of the rain; `rddm degrade rain --seed` makes the same', wholeNumber(), 1)
  .option('--steps <number>', "reverse steps (default: the model's)", wholeNumber(1))
  .addOption(new Option('--device <device>', 'where the network runs').choices(devices).default('cpu'))
  .addOption(
    new Option('--precision <format>', 'float16 is for --device webgpu').choices(precisions).default('float32'),
  )
  .option('--json <file>', 'also write all scores to a file')
  .option('--pictures <folder>', 'also write input | restored | clean side by side, one PNG per picture')
  .exitOverride()
  .action(score);
await run(program, process.argv);
