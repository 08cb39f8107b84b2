/**
 * `rddm restore`: photographs, restored at their own size by a trained model. Names are decided in restore-jobs.ts, the
 * work is done in restoration.ts; here it is asked for, watched and reported.
 */
import { totalmem } from 'node:os';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { type OpenedModel, openModel } from '../adapters/node/files/open-model.ts';
import { openRuntime } from '../adapters/node/ort/open-runtime.ts';
import { expected, RddmError } from '../math/errors.ts';
import { samplingSteps } from '../model/reverse-way.ts';
import { type Precision, precisions } from '../onnx/precision.ts';
import { createNetworkDenoiser } from '../sample/network-denoiser.ts';
import { planSteps } from '../sample/plan.ts';
import { wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, formatDuration, printJson } from './output.ts';
import { type RestoredFile, restoreFile } from './restoration.ts';
import { type Format, formats, planJobs, type RestoreJob } from './restore-jobs.ts';
import { addResearchOptions, type SamplingFlags, samplingOptions, stepsOption } from './sampling-flags.ts';

interface Flags extends SamplingFlags {
  readonly out?: string;
  readonly model?: string;
  readonly seed: number;
  readonly mask?: string;
  readonly composite?: true;
  readonly sideBySide?: true;
  readonly allSteps?: string;
  readonly device: 'cpu' | 'webgpu';
  readonly precision: Precision;
  readonly format?: Format;
  readonly json?: true;
  readonly force?: true;
}

interface Failure {
  readonly input: string;
  readonly error: string;
}

/** What no picture could change is refused before the first is read. */
function checkModel({ config, directory }: OpenedModel, flags: Flags): void {
  const { mask, steps, composite } = flags;
  const { task, condition, schedule } = config;
  if (task === 'generation') {
    throw expected(directory, 'a model that restores', 'one of task generation', 'use rddm sample');
  }
  if (condition === 'input-and-mask' && mask === undefined) {
    throw expected(directory, 'a mask, which this model needs', 'none', 'add --mask');
  }
  if (task !== 'inpainting' && composite) {
    throw expected(directory, 'a model that inpaints with --composite', `one of task ${task}`);
  }
  if (mask === undefined && (composite || config.sampling.composite === 'known')) {
    throw expected(directory, 'a mask, outside of which pixels are kept', 'none', 'add --mask');
  }
  if (condition !== 'input-and-mask' && task !== 'inpainting' && mask !== undefined) {
    throw expected(directory, 'no --mask, which this model does not see', mask);
  }
  if (steps !== undefined && steps > schedule.timesteps) {
    throw expected(directory, `at most ${schedule.timesteps} steps`, String(steps));
  }
  planSteps(config, samplingOptions(flags, 'restore'));
}

/** Restores one picture after the other; a picture that cannot be restored does not stop the others. */
async function restoreAll(
  model: OpenedModel,
  jobs: readonly RestoreJob[],
  steps: number,
  flags: Flags,
): Promise<{ done: RestoredFile[]; failed: Failure[] }> {
  const { seed, device, precision } = flags;
  const composite = flags.composite && ('known' as const);
  // What a graphics card has is not known here.
  const memory = device === 'cpu' ? totalmem() : undefined;
  const options = { ...samplingOptions(flags, 'restore'), seed, composite, memory, signal: abortSignal() };
  const done: RestoredFile[] = [];
  const failed: Failure[] = [];
  const runtime = openRuntime(device, precision);
  const progress = createProgress('restoring', jobs.length * steps, { unit: 'step' });
  try {
    const denoiser = createNetworkDenoiser(runtime, model.config, model.weights);
    for (const [index, job] of jobs.entries()) {
      abortSignal().throwIfAborted();
      const name = basename(job.input);
      progress.update(index * steps, name);
      try {
        const onStep = (step: number) => progress.update(index * steps + step, `${name}, step ${step} of ${steps}`);
        done.push(await restoreFile(denoiser, job, options, onStep));
      } catch (error) {
        if (!(error instanceof RddmError) || jobs.length === 1) throw error;
        failed.push({ input: job.input, error: error.message });
        progress.log(`rddm: ${job.input} is left out: ${error.message}`);
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
  const more = stepFiles ? ` and ${stepFiles.length} pictures on the way` : '';
  return `${files}${more}: ${width}x${height}, ${formatDuration(seconds)}\n`;
}

async function restore(paths: string[], flags: Flags): Promise<void> {
  const model = await openModel(flags.model, 'restore');
  checkModel(model, flags);
  const { sampling, task } = model.config;
  const { eta = sampling.eta, seed, device, precision, json } = flags;
  const steps = samplingSteps(model.config, flags);
  const jobs = await planJobs(paths, { ...flags, steps });
  const { done, failed } = await restoreAll(model, jobs, steps, flags);
  if (json) {
    const settings = { model: model.directory, task, steps, eta, seed, device, precision };
    printJson({ format: 'rddm-restoration', version: 1, ...settings, pictures: done, failed });
  } else {
    for (const file of done) process.stdout.write(describe(file));
  }
  if (failed.length > 0) {
    const names = failed.map(({ input }) => basename(input)).join(', ');
    const rest = done.length > 0 ? `the other ${done.length} are done` : 'nothing was restored';
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
Nothing is overwritten without --force. A broken picture in a folder is left out and named; the others are restored, and
the exit code is 1. Pictures keep their size, grey ones stay grey. The same seed gives the same picture.

Examples:
  $ rddm restore photo.jpg --side-by-side
  $ rddm restore photos --out restored --model my-model --steps 2
  $ rddm restore photo.jpg --model runs/holes/model --mask hole.png --composite
  $ rddm restore ISTD --mask ISTD --model runs/istd/model --out restored
  $ rddm restore shadow.png --model runs/istd/model --mask mask.png --out clean.webp`;

/** Adds `rddm restore` to the program: ten options for photographers, those of research in a group of their own. */
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
    .option('--side-by-side', 'also write input and result in one picture')
    .addOption(new Option('--format <format>', "file format (default: --out's, else png)").choices(formats))
    .addOption(new Option('--device <device>', 'where to compute').choices(['cpu', 'webgpu']).default('cpu'))
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
