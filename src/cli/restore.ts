/**
 * `rddm restore`: restores photographs at their own size with a trained model. restore-jobs.ts chooses names,
 * operations/restore.ts does the work; this file parses options, shows progress and reports.
 */
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { type OpenedModel, openModel } from '../adapters/node/files/open-model.ts';
import { nodeHost } from '../adapters/node/host.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { pictureFile } from '../adapters/node/pictures/picture-file.ts';
import { expected } from '../math/errors.ts';
import { samplingSteps } from '../model/reverse-way.ts';
import { type Precision, precisions } from '../onnx/precision.ts';
import { type RestorationJob, restorePictures, type TileProgress } from '../operations/restore.ts';
import { checkRestoration } from '../sample/check-restoration.ts';
import { type Ensemble, passesOf } from '../sample/ensemble.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { planSteps } from '../sample/plan.ts';
import { type TileChoice, tileChooser } from '../sample/tile-choice.ts';
import { tileChoice, wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatDuration, printJson } from './output.ts';
import { type Format, formats, planJobs, type RestoreJob } from './restore-jobs.ts';
import { addResearchOptions, type SamplingFlags, samplingOptions, stepsOption } from './sampling-flags.ts';

interface Flags extends SamplingFlags {
  readonly out?: string;
  readonly model?: string;
  readonly seed: number;
  readonly mask?: string;
  readonly composite?: true;
  readonly ensemble?: true;
  readonly sideBySide?: true;
  readonly allSteps?: string;
  readonly device: 'cpu' | 'webgpu';
  readonly precision: Precision;
  readonly tile: TileChoice;
  readonly format?: Format;
  readonly json?: true;
  readonly force?: true;
}

interface Failure {
  readonly input: string;
  readonly error: string;
}

/** The outcome for a picture. */
interface RestoredFile extends RestoreJob {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** The files of a job, as pictures to read and write. */
const picturesOf = ({ input, mask, output, sideBySide, stepFiles }: RestoreJob): RestorationJob => ({
  input: pictureFile(input),
  output: pictureFile(output),
  ...(mask !== undefined && { mask: pictureFile(mask) }),
  ...(sideBySide !== undefined && { sideBySide: pictureFile(sideBySide) }),
  ...(stepFiles && { steps: stepFiles.map((file) => pictureFile(file)) }),
});

const ensembleOf = ({ ensemble }: Flags): Ensemble => (ensemble ? 'symmetries' : 'none');

/** Restores all pictures with progress; one that cannot be restored is skipped and named. */
async function restoreAll(
  model: OpenedModel,
  jobs: readonly RestoreJob[],
  steps: number,
  flags: Flags,
): Promise<{ done: RestoredFile[]; failed: Failure[] }> {
  const { seed, device, precision, tile } = flags;
  const composite = flags.composite && ('known' as const);
  // A graphics card's memory is not known here.
  const memory = device === 'cpu' ? nodeHost.memory : undefined;
  const ensemble = ensembleOf(flags);
  const given = { ...samplingOptions(flags, 'restore'), seed, composite, ensemble, tile };
  const done: RestoredFile[] = [];
  const failed: Failure[] = [];
  const runtime = openRuntime(device, precision);
  const progress = createProgress('restoring', jobs.length * steps, { unit: 'step' });
  let began = performance.now();
  let reached = 0;
  const advance = (done: number, detail: string): void => {
    reached = done;
    progress.update(done, detail);
  };
  const onTile = ({ index, done: tiles, total }: TileProgress): void =>
    progress.update(reached, `${basename(jobs[index].input)}, tile ${tiles} of ${total}`);
  const options = { ...given, memory, onTile, signal: abortSignal() };
  try {
    const denoiser = createNetworkDenoiser(runtime, model.config, model.weights);
    for await (const event of restorePictures(denoiser, jobs.map(picturesOf), options)) {
      const { index } = event;
      const { input } = jobs[index];
      const name = basename(input);
      if (event.kind === 'started') {
        began = performance.now();
        advance(index * steps, name);
      } else if (event.kind === 'step') {
        advance(index * steps + event.step, `${name}, step ${event.step} of ${steps}`);
      } else if (event.kind === 'restored') {
        const { width, height } = event.image;
        done.push({ ...jobs[index], width, height, seconds: (performance.now() - began) / 1000 });
      } else {
        if (jobs.length === 1) throw event.error;
        failed.push({ input, error: event.error.message });
        progress.log(`rddm: skipped ${input}: ${event.error.message}`);
      }
    }
    progress.update(jobs.length * steps);
  } finally {
    progress.end();
    await runtime.close();
  }
  return { done, failed };
}

/** `photo-restored.png, photo-side-by-side.png: 1200x800, 31 s`. */
function describe({ output, sideBySide, stepFiles, width, height, seconds }: RestoredFile): string {
  const files = [output, ...(sideBySide === undefined ? [] : [sideBySide])].join(', ');
  const more = stepFiles ? ` and ${stepFiles.length} intermediate pictures` : '';
  return `${files}${more}: ${width}x${height}, ${formatDuration(seconds)}\n`;
}

async function restore(paths: string[], flags: Flags): Promise<void> {
  const model = await openModel(flags.model, 'restore');
  // Errors that do not depend on pictures are reported before the first is searched.
  const request = { mask: flags.mask !== undefined, composite: flags.composite && ('known' as const) };
  checkRestoration(model.config, request, model.directory);
  planSteps(model.config, samplingOptions(flags, 'restore'));
  tileChooser(model.config, flags.tile);
  const { sampling, task } = model.config;
  const { eta = sampling.eta, seed, device, precision, tile, json } = flags;
  const steps = samplingSteps(model.config, flags);
  const ensemble = ensembleOf(flags);
  const jobs = await planJobs(paths, { ...flags, steps });
  const { done, failed } = await restoreAll(model, jobs, passesOf(ensemble) * steps, flags);
  if (json) {
    const settings = { model: model.directory, task, steps, eta, ensemble, seed, device, precision, tile };
    printJson({ format: 'rddm-restoration', version: 1, ...settings, pictures: done, failed });
  } else {
    for (const file of done) process.stdout.write(describe(file));
  }
  if (failed.length > 0) {
    const names = failed.map(({ input }) => basename(input)).join(', ');
    const rest = done.length > 0 ? `the other ${done.length} were restored` : 'nothing was restored';
    throw expected('restore', `${jobs.length} pictures to restore`, `${failed.length} that failed (${names})`, rest);
  }
}

const explanation = `
Where pictures go:
  one photograph        NAME-restored.png beside it, or --out, which may be a file or a folder
  a folder              the same names in FOLDER-restored, or in --out
  --side-by-side        input and result in one picture: NAME-side-by-side.png, or the folder side-by-side within --out
  a known data set      (ISTD, LOL, GoPro, RainDrop, AFHQ, CelebA-HQ as published) the inputs of its test split, as a folder
  --all-steps DIR       NAME-step-0.png (the input with noise) to the restored picture
Nothing is overwritten without --force. A broken picture in a folder is skipped and named; the others are restored, and
the exit code is 1. Pictures keep their size, grey ones stay grey. The same seed gives the same picture.

Tiles take less memory and give the same picture (to rounding), with networks that look at near pixels alone: unet.kind
local. --tile auto uses them for large pictures. Of a side, part is a halo of neighbours, which rddm works out: the larger
the side, the less work is done twice. The paper's network looks at the whole picture and cannot be given tiles.

Examples:
  $ rddm restore photo.jpg --side-by-side
  $ rddm restore photos --out restored --model my-model --steps 2
  $ rddm restore photo.jpg --ensemble
  $ rddm restore photo.jpg --model runs/holes/model --mask hole.png --composite
  $ rddm restore ISTD --mask ISTD --model runs/istd/model --out restored
  $ rddm restore shadow.png --model runs/istd/model --mask mask.png --out clean.webp`;

/** Adds `rddm restore` to the program: twelve options for photographers, and those for research in a separate group. */
export function registerRestore(program: Command): void {
  const command = program
    .command('restore')
    .summary('restore photographs with a trained model')
    .description('Restores photographs at their own size with a trained model.')
    .argument('<paths...>', 'photographs, or folders of photographs')
    .option('-o, --out <path>', 'folder to write to, or a file for one photograph')
    .option('--model <model>', 'model directory or shipped model (default: derain)')
    .addOption(stepsOption())
    .addOption(new Option('--seed <n>', 'random seed').default(0).argParser(wholeNumber()))
    .option('--mask <path>', 'mask or folder of masks; inpainting: white in the hole')
    .option('--ensemble', 'mean over eight orientations: usually better, in eight times the time')
    .option('--side-by-side', 'also write input and result in one picture')
    .addOption(new Option('--format <format>', "file format (default: --out's, else png)").choices(formats))
    .addOption(new Option('--device <device>', 'where to compute').choices(['cpu', 'webgpu']).default('cpu'))
    .addOption(
      new Option('--tile <side>', 'large pictures in tiles of side x side pixels; or auto, or off')
        .default('auto')
        .argParser(tileChoice),
    )
    .option('--force', 'replace existing files')
    .option('--json', 'print what was done as JSON');
  addResearchOptions(
    command,
    new Option('--composite', 'inpainting: put the known pixels back over the result'),
    new Option('--all-steps <dir>', 'also write the picture after every step'),
    new Option('--precision <format>', 'float16 needs a graphics card that has it')
      .choices(precisions)
      .default('float32'),
  )
    .addHelpText('after', explanation)
    .action(restore);
}
