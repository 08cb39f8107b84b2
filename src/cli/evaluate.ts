/**
 * `rddm evaluate`: scores restored pictures against their ground truth with the metrics of the paper's restoration
 * tables (PSNR, SSIM on RGB and luma; Lab error; both sides of a mask), beside the untouched input and plain filters.
 */
import { type Command, Option } from 'commander';
import { writeFileAtomic } from '../adapters/node/files/files.ts';
import { openLpipsWeights } from '../adapters/node/files/published-weights.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { listImages } from '../adapters/node/pictures/images.ts';
import { pictureFile } from '../adapters/node/pictures/picture-file.ts';
import { expected } from '../math/errors.ts';
import { createLpips, type LpipsMeter } from '../metrics/lpips.ts';
import { type Baseline, baselines, baselineTitles } from '../operations/evaluate/baselines.ts';
import { checkBaselines, type EvaluationOptions, evaluatePictures } from '../operations/evaluate/evaluate.ts';
import {
  type Candidate,
  type CandidateScores,
  candidates,
  type ImageScores,
  rowsOf,
  type ScoreRow,
} from '../operations/evaluate/scores.ts';
import { abortSignal } from './context.ts';
import { type EvaluationPaths, pairFiles } from './evaluation-files.ts';
import { type Column, createProgress, formatJson, printJson, printTable } from './output.ts';
import { refuseToOverwrite, requireFolderOf } from './paths.ts';
import { openWithProgress } from './published-weights.ts';

interface Flags {
  readonly baseline?: readonly Baseline[];
  readonly resize?: 'reference';
  readonly masks?: string;
  readonly input?: string;
  readonly lpips?: true;
  readonly weights?: string;
  readonly brightnessOf?: string;
  readonly json?: true;
  readonly out?: string;
  readonly force?: true;
}

const titles: Readonly<Record<Candidate, string>> = { input: 'input', ...baselineTitles, result: 'result' };

function columns(rows: readonly ScoreRow[]): Column<ScoreRow>[] {
  const candidate: Column<ScoreRow> = { title: 'picture', value: (row) => titles[row.candidate] };
  const regions: Column<ScoreRow>[] = [
    { title: 'MAE in', value: ({ scores }) => scores.mask?.labMaeInside },
    { title: 'MAE out', value: ({ scores }) => scores.mask?.labMaeOutside },
    { title: 'PSNR in', value: ({ scores }) => scores.mask?.psnrRgbInside },
    { title: 'PSNR out', value: ({ scores }) => scores.mask?.psnrRgbOutside },
    { title: 'SSIM in', value: ({ scores }) => scores.mask?.ssimRgbInside, digits: 4 },
    { title: 'SSIM out', value: ({ scores }) => scores.mask?.ssimRgbOutside, digits: 4 },
  ];
  return [
    { title: 'name', value: (row) => row.name },
    ...(rows.some((row) => row.candidate !== 'result') ? [candidate] : []),
    { title: 'PSNR', value: ({ scores }) => scores.psnrRgb },
    { title: 'SSIM', value: ({ scores }) => scores.ssimRgb, digits: 4 },
    { title: 'PSNR Y', value: ({ scores }) => scores.psnrLuma },
    { title: 'SSIM Y', value: ({ scores }) => scores.ssimLuma, digits: 4 },
    { title: 'Lab MAE', value: ({ scores }) => scores.labMae },
    ...(rows.some(({ scores }) => scores.lpips !== undefined)
      ? [{ title: 'LPIPS', value: ({ scores }: ScoreRow) => scores.lpips, digits: 4 }]
      : []),
    ...(rows.some(({ scores }) => scores.mask) ? regions : []),
  ];
}

/** `gain over input: +4.31 dB PSNR (RGB)`, one line per baseline; none if a perfect picture makes it infinite. */
function gains(mean: CandidateScores): string {
  const result = mean.result?.psnrRgb ?? Number.NaN;
  return candidates
    .filter((candidate) => candidate !== 'result')
    .map((candidate) => ({ title: titles[candidate], gain: result - (mean[candidate]?.psnrRgb ?? Number.NaN) }))
    .filter(({ gain }) => Number.isFinite(gain))
    .map(({ title, gain }) => `gain over ${title}: ${gain < 0 ? '' : '+'}${gain.toFixed(2)} dB PSNR (RGB)\n`)
    .join('');
}

async function evaluate(results: string, references: string, flags: Flags): Promise<void> {
  const { masks, input, lpips, weights, json, out, force, brightnessOf: normal, ...rest } = flags;
  checkBaselines({ baseline: rest.baseline, brightnessOf: normal, input });
  if (out !== undefined) {
    await requireFolderOf('evaluate', '--out', out);
    await refuseToOverwrite('evaluate', [out], force);
  }
  const paths: EvaluationPaths = {
    results,
    references,
    ...(masks !== undefined && { masks }),
    ...(input !== undefined && { input }),
  };
  if (weights !== undefined && !lpips) throw expected('evaluate', '--lpips with --weights', '--weights alone');
  const jobs = await pairFiles(paths);
  const brightnessOf = normal === undefined ? undefined : (await listImages(normal)).map((file) => pictureFile(file));
  const meter = lpips && (await openLpipsMeter(weights));
  const options: EvaluationOptions = {
    ...rest,
    ...(brightnessOf && { brightnessOf }),
    ...(meter && { lpips: meter.distance }),
    signal: abortSignal(),
  };
  const images: ImageScores[] = [];
  let mean: CandidateScores = {};
  let brightness: number | undefined;
  const progress = createProgress('evaluating', jobs.length);
  try {
    for await (const event of evaluatePictures(jobs, options)) {
      if (event.kind === 'started') progress.update(event.index, jobs[event.index].result.name);
      else if (event.kind === 'scored') images.push(event.scores);
      else ({ mean, brightness } = event);
    }
    progress.update(images.length);
  } finally {
    progress.end();
    await meter?.release();
  }
  const report = {
    format: 'rddm-evaluation',
    version: 1,
    ...paths,
    ...rest,
    ...(brightness !== undefined && { brightness }),
    images: images.map(({ scores, ...image }) => ({ ...image, ...scores })),
    mean,
  };
  if (out !== undefined) await writeFileAtomic(out, new TextEncoder().encode(formatJson(report)));
  if (json) return printJson(report);
  const rows = images.flatMap(({ name, scores }) => rowsOf(name, scores));
  const all = [...rows, ...(images.length > 1 ? rowsOf(`mean of ${images.length}`, mean) : [])];
  printTable(all, columns(all));
  process.stdout.write(gains(mean));
}

/** LPIPS on the CPU, with the published weights. */
async function openLpipsMeter(weights: string | undefined): Promise<LpipsMeter> {
  const published = await openWithProgress(openLpipsWeights, weights);
  const runtime = openRuntime('cpu');
  const meter = createLpips(runtime, published);
  return {
    distance: meter.distance,
    async release() {
      await meter.release();
      await runtime.close();
    },
  };
}

const explanation = `
Pictures are paired by name without extension (a.png and a.jpg); two single files need no common name. A name that is
missing on one side is an error. Instead of a folder of ground truth, masks or input, you can name the folder of a
published data set (ISTD, LOL, GoPro, RainDrop), whose test split is used.

PSNR, SSIM      on RGB: all channels together, and the mean over the channels; SSIM with the 11x11 Gaussian window
PSNR Y, SSIM Y  on luma (BT.601, 16 to 235); --json also has them on luma rounded to 8 bits
LPIPS           with --lpips: version 0.1 on AlexNet, whose weights (244 MB) are fetched on first use; without a network,
                fetch alexnet-owt-7be5be79.pth elsewhere and pass it with --weights
Lab MAE         sum of absolute CIE-Lab differences, mean over pixels
in, out         the mask's white (red above 127) and black side; PSNR and SSIM of both pictures times the mask
median          the input through a 3x3 median filter
equalised       the input with the histogram of each channel equalised, as in OpenCV
gamma           the input through the gamma curve that brings its mean luma to that of --brightness-of
In JSON, "Infinity" is the PSNR of identical pictures, "NaN" the score of a side without pixels (left out of the mean).

Examples:
  $ rddm evaluate restored clean
  $ rddm evaluate restored clean --input rainy --baseline median
  $ rddm evaluate restored val/normal --input val/low --baseline equalise gamma --brightness-of train/normal
  $ rddm evaluate restored ISTD --masks ISTD --input ISTD
  $ rddm evaluate restored shadow-free --masks masks --json > scores.json
  $ rddm evaluate out.png truth.png --resize reference`;

/** Adds `rddm evaluate` to the program. */
export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('score restored pictures against their ground truth')
    .description('Scores restored pictures against their ground truth: PSNR and SSIM on RGB and luma, Lab error.')
    .argument('<results>', 'folder of restored pictures, or one file')
    .argument('<references>', 'folder of ground truth, or one file')
    .option('--masks <folder>', 'masks: also score their inside and outside')
    .option('--input <folder>', 'the degraded pictures: also score them, untouched')
    .addOption(new Option('--baseline <filter...>', 'also score the input after a plain filter').choices(baselines))
    .option('--brightness-of <folder>', 'normal pictures, whose mean luma is the target of --baseline gamma')
    .addOption(
      new Option('--resize <what>', "resize ground truth (and masks, input) to the result's size").choices([
        'reference',
      ]),
    )
    .option('--lpips', 'also score LPIPS 0.1 (AlexNet)')
    .option('--weights <file>', "file with AlexNet's weights for --lpips, to use without a network")
    .option('--json', 'print JSON instead of a table')
    .option('--out <file>', 'also write the JSON to a file')
    .option('--force', 'replace an existing file')
    .addHelpText('after', explanation)
    .action(evaluate);
}
