/**
 * `rddm sample`: the reverse process by itself. With --tensors it computes every intermediate image from explicit
 * images and noise, for exact comparison with another implementation; without, a model that generates makes pictures
 * from noise.
 */
import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { readBytes, writeFileAtomic } from '../adapters/node/files/files.ts';
import { type OpenedModel, openModel } from '../adapters/node/files/open-model.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { writableKind, writeImage } from '../adapters/node/pictures/images.ts';
import { encodeSafetensors } from '../checkpoint/safetensors.ts';
import type { Image } from '../data/image.ts';
import { squareGrid } from '../data/image-grid.ts';
import { expected } from '../math/errors.ts';
import { showShape } from '../math/shape.ts';
import type { Tensor } from '../math/tensor.ts';
import { samplingSteps } from '../model/reverse-way.ts';
import { generatedSize, generatePictures } from '../operations/sample/generate.ts';
import { decodeSampleTensors, sampleTensors } from '../operations/sample/sample-tensors.ts';
import { type Device, devices } from '../runtime/runtime.ts';
import type { Denoiser } from '../sample/denoiser.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { pictureSize, type Size, wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatDuration, type Progress, printJson } from './output.ts';
import { refuseToOverwrite, requireFolderOf } from './paths.ts';
import { addResearchOptions, type SamplingFlags, samplingOptions, stepsOption } from './sampling-flags.ts';

interface Flags extends SamplingFlags {
  readonly model: string;
  readonly tensors?: string;
  readonly out: string;
  readonly clip?: 'reference' | 'none';
  readonly start?: 'noise-strength' | 'unit-noise';
  readonly seed: number;
  readonly count?: number;
  readonly size?: Size;
  readonly device: Device;
  readonly json?: true;
  readonly force?: true;
}

/** The output, as a line and as data. */
interface Report {
  readonly line: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The options of both ways of sampling. */
const samplingOf = ({ clip, start, seed, ...flags }: Flags) => ({
  ...samplingOptions(flags, 'sample'),
  ...{ clip, start, seed },
  signal: abortSignal(),
});

/** Runs `work` with the model loaded and `steps` steps of progress, and frees everything. */
async function withDenoiser<T>(
  { config, weights }: OpenedModel,
  device: Device,
  steps: number,
  work: (denoiser: Denoiser, onStep: () => void) => Promise<T>,
): Promise<T> {
  const runtime = openRuntime(device);
  const progress: Progress = createProgress('sampling', steps, { unit: 'step' });
  let done = 0;
  try {
    return await work(createNetworkDenoiser(runtime, config, weights), () => progress.update(++done));
  } finally {
    progress.end();
    await runtime.close();
  }
}

async function sampleFile(model: OpenedModel, path: string, flags: Flags): Promise<Report> {
  if (flags.count !== undefined || flags.size !== undefined) {
    throw expected(
      'sample',
      '--count and --size only without --tensors',
      'both',
      'the tensors determine count and size',
    );
  }
  const tensors = decodeSampleTensors(await readBytes(path, 'sample'), path);
  const results = await withDenoiser(
    model,
    flags.device,
    samplingSteps(model.config, flags),
    async (denoiser, onStep) => {
      const images: Record<string, Tensor> = {};
      for await (const event of sampleTensors(denoiser, tensors, samplingOf(flags))) {
        if (event.kind === 'step') onStep();
        else Object.assign(images, { trajectory: event.trajectory, clean: event.clean });
      }
      return images;
    },
  );
  await writeFileAtomic(flags.out, encodeSafetensors(results));
  const shapes = Object.entries(results).map(([name, { shape }]) => [name, shape] as const);
  const listed = shapes.map(([name, shape]) => `${name} ${showShape(shape)}`).join(', ');
  return { line: `${flags.out}: ${listed}`, data: { tensors: Object.fromEntries(shapes) } };
}

async function generate(model: OpenedModel, flags: Flags): Promise<Report> {
  const { config, directory } = model;
  const { count = 16, seed, out } = flags;
  const size = generatedSize(config, flags.size, directory);
  writableKind(out);
  const steps = samplingSteps(config, flags);
  const pictures = await withDenoiser(model, flags.device, count * steps, async (denoiser, onStep) => {
    const images: Image[] = [];
    for await (const event of generatePictures(denoiser, { ...samplingOf(flags), count, size })) {
      if (event.kind === 'step') onStep();
      else images.push(event.image);
    }
    return images;
  });
  await writeImage(out, squareGrid(pictures, 2));
  const seeds = [seed, seed + count - 1];
  return {
    line: `${out}: ${count} pictures of ${size.width}x${size.height}, seeds ${seeds.join(' to ')}`,
    data: { count, ...size, seeds },
  };
}

async function runSample(flags: Flags): Promise<void> {
  const began = performance.now();
  const { tensors, out, device, seed, json } = flags;
  if (tensors !== undefined && extname(out).toLowerCase() !== '.safetensors') {
    throw expected('sample', 'an --out ending in .safetensors with --tensors', out);
  }
  const model = await openModel(flags.model, 'sample');
  await requireFolderOf('sample', '--out', out);
  await refuseToOverwrite('sample', [out], flags.force);
  const { line, data } = tensors === undefined ? await generate(model, flags) : await sampleFile(model, tensors, flags);
  const seconds = (performance.now() - began) / 1000;
  if (!json) {
    process.stdout.write(`${line}, ${formatDuration(seconds)}\n`);
    return;
  }
  const { sampling } = model.config;
  const { eta = sampling.eta } = flags;
  const steps = samplingSteps(model.config, flags);
  const settings = { model: model.directory, steps, eta, seed, device };
  printJson({ format: 'rddm-sample', version: 1, ...settings, output: out, ...data, seconds });
}

const explanation = `
With --tensors, the tensors in the file replace random numbers. They are, with images [N, C, H, W] in [-1, 1]:
  input          the degraded image; every task but generation needs it
  mask           0 to 1, if the model uses a mask
  initial_noise  standard normal, the noise of the start
  step_noise     [steps - 1, N, C, H, W], fresh noise of each step but the last; used if eta is above 0
  alpha_bar, beta_bar   [T], cumulative tables instead of the model's schedule
Missing noise comes from --seed. "trajectory" and "param/..." are ignored, any other name is refused.
The output, as float32:
  trajectory     [steps + 1, N, C, H, W], the start first, then the image after each step
  clean          [N, C, H, W], the last of them

Without --tensors a model of task generation makes --count pictures in a grid; picture i has the seed --seed + i.

Examples:
  $ rddm sample --model my-model --tensors in.safetensors --out out.safetensors --steps 5 --device reference
  $ rddm sample --model faces --count 25 --size 64 --seed 7 --out faces.png
  $ rddm sample --model faces --path residual-first --steps 20 --out residual-first.png
  $ rddm sample --model faces --adjust both --adjust-alpha 3 --adjust-beta 0.5 --out readjusted.png`;

/** Adds `rddm sample` to the program. */
export function registerSample(program: Command): void {
  const command = program
    .command('sample')
    .summary('run the reverse process on given tensors, or generate')
    .description('Runs the reverse process from explicit tensors, or generates pictures from noise.')
    .requiredOption('--model <model>', 'model directory or shipped model')
    .option('--tensors <file>', 'safetensors with explicit images and noise')
    .requiredOption('--out <file>', '.safetensors to write with --tensors, else a picture')
    .addOption(stepsOption())
    .addOption(new Option('--seed <n>', 'random seed').argParser(wholeNumber()).default(0))
    .addOption(new Option('--count <n>', 'number of pictures to generate (default: 16)').argParser(wholeNumber(1)))
    .addOption(
      new Option('--size <size>', "size to generate: 64, or HEIGHTxWIDTH (default: training's, else 64)").argParser(
        pictureSize,
      ),
    )
    .addOption(new Option('--device <device>', 'where to compute').choices(devices).default('cpu'))
    .option('--force', 'replace an existing file')
    .option('--json', 'print what was done as JSON');
  addResearchOptions(
    command,
    new Option('--clip <how>', 'clip predictions to [-1, 1] in each step').choices(['reference', 'none']),
    new Option('--start <how>', 'variance of the first noise (default: noise-strength)').choices([
      'noise-strength',
      'unit-noise',
    ]),
  )
    .addHelpText('after', explanation)
    .action(runSample);
}
