/**
 * `rddm degrade`: puts a seeded degradation on photographs, to try a model on, or to make a test set that anyone can
 * make again. Every degradation of the registry is a subcommand, every setting of its schema an option.
 */
import { basename, extname, join, parse, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { pictureFile } from '../adapters/node/pictures/picture-file.ts';
import { picturesByName } from '../adapters/node/pictures/pictures-by-name.ts';
import { type DegradationInput, type DegradationKind, degradations, maskMeaning } from '../data/degrade/degradation.ts';
import { type Setting, settingsOf } from '../data/degrade/settings.ts';
import { expected } from '../math/errors.ts';
import { completeDegradation, degradePictures } from '../operations/degrade.ts';
import { numberOrRange, wholeNumber } from './arguments.ts';
import { abortSignal } from './context.ts';
import { createProgress, printJson } from './output.ts';
import { isFolder, refuseToOverwrite } from './paths.ts';

interface Flags extends Readonly<Record<string, unknown>> {
  readonly out: string;
  readonly maskOut?: string;
  readonly seed: number;
  readonly json?: true;
  readonly force?: true;
}

/** One picture to degrade. */
interface Job {
  readonly input: string;
  readonly output: string;
  /** Where its mask goes, if the degradation makes one. */
  readonly mask?: string;
}

const stem = (path: string): string => basename(path, extname(path));

/** Which pictures become which files. PNG, since a second compression would blur the degradation. */
async function planOutputs(path: string, out: string): Promise<{ input: string; output: string }[]> {
  if (!(await isFolder(path))) {
    const single = extname(out) !== '' && !/[\\/]$/.test(out) && !(await isFolder(out));
    return [{ input: path, output: single ? out : join(out, `${stem(path)}.png`) }];
  }
  const inputs = await picturesByName(path);
  return [...inputs].map(([name, input]) => ({ input, output: join(out, `${name}.png`) }));
}

/**
 * `shadow.jpg` → `shadow-mask.png`, `shadows/` → `shadows-mask/`; in a folder, masks keep the photographs' names. PNG,
 * since JPEG would blur a mask's edge.
 */
function maskPath(out: string, isFile: boolean): string {
  const { dir, name } = parse(out);
  return isFile ? join(dir, `${name}-mask.png`) : `${resolve(out)}-mask/`;
}

async function planJobs(kind: DegradationKind, path: string, { out, maskOut }: Flags): Promise<Job[]> {
  const jobs: Job[] = await planOutputs(path, out);
  if (maskMeaning(kind) === undefined) return jobs;
  const masks = await planOutputs(path, maskOut ?? maskPath(out, jobs[0].output === out));
  return jobs.map((job, at) => ({ ...job, mask: masks[at].output }));
}

/** No written file may be one of the photographs, or another written file. */
function requireDistinct(jobs: readonly Job[]): void {
  for (const { input, output, mask = '' } of jobs) {
    if ([output, mask].some((path) => path !== '' && resolve(input) === resolve(path))) {
      throw expected('degrade', 'an --out other than the photographs themselves', input, 'name another folder');
    }
    if (mask !== '' && resolve(output) === resolve(mask)) {
      throw expected('degrade', 'a --mask-out other than --out', mask, 'name another folder');
    }
  }
}

async function degradeFiles(kind: DegradationKind, path: string, flags: Flags): Promise<void> {
  const { out, maskOut, seed, json, force, ...given } = flags;
  // The options are the settings of the chosen kind.
  const degradation = completeDegradation({ kind, ...given } as DegradationInput);
  const jobs = await planJobs(kind, path, flags);
  requireDistinct(jobs);
  await refuseToOverwrite(
    'degrade',
    jobs.flatMap(({ output, mask }) => (mask === undefined ? [output] : [output, mask])),
    force,
  );
  const progress = createProgress(`degrading (${kind})`, jobs.length);
  try {
    const pictures = jobs.map(({ input, output, mask }) => ({
      input: pictureFile(input),
      output: pictureFile(output),
      ...(mask !== undefined && { mask: pictureFile(mask) }),
    }));
    for await (const { kind, index } of degradePictures(pictures, degradation, { seed, signal: abortSignal() })) {
      if (kind === 'started') progress.update(index, basename(jobs[index].input));
    }
    progress.update(jobs.length);
  } finally {
    progress.end();
  }
  if (json) printJson({ format: 'rddm-degradation', version: 1, seed, degradation, images: jobs });
}

const explanation = `
Settings are numbers, or ranges such as 0.2..0.6 from which every picture draws its own. The same seed, settings and
file name give the same picture, whatever else is in the folder. Pictures keep their names and are written as PNG;
nothing is overwritten without --force.

Examples:
  $ rddm degrade rain photos --out rainy
  $ rddm degrade shadow photos --out shadows --mask-out masks
  $ rddm degrade rain photo.jpg --out rainy.png --seed 7 --density 0.5 --angle -10..10`;

/** The option of a setting, with its choices or its bounds. */
function optionOf(setting: Setting): Option {
  const { name, meaning } = setting;
  if ('choices' in setting) {
    return new Option(`--${name} <shape>`, `${meaning} (default: ${setting.default})`).choices(setting.choices);
  }
  const numbers = `${setting.bounds.join(' to ')}; default: ${setting.default.join('..')}`;
  return new Option(`--${name} <n>`, `${meaning} (${numbers})`).argParser(numberOrRange);
}

/** Adds `rddm degrade`, with a subcommand for each degradation, to the program. */
export function registerDegrade(program: Command): void {
  const parent = program
    .command('degrade')
    .summary('put rain, blur, shadows and more on photographs, reproducibly')
    .description('Degrades photographs, reproducibly by a seed.');
  for (const [name, { description }] of Object.entries(degradations)) {
    const kind = name as DegradationKind;
    const command = parent
      .command(kind)
      .description(`Writes photographs with ${description}.`)
      .argument('<path>', 'photograph, or folder of photographs')
      .requiredOption('--out <path>', 'folder to write to, or a file name for a single photograph')
      .addOption(new Option('--seed <n>', 'random seed').default(0).argParser(wholeNumber()));
    const white = maskMeaning(kind);
    if (white !== undefined) {
      command.option('--mask-out <path>', `where masks go, white ${white} (default: --out with -mask at its end)`);
    }
    for (const setting of settingsOf(kind)) command.addOption(optionOf(setting));
    command
      .option('--json', 'print what was done as JSON')
      .option('--force', 'replace existing files')
      .addHelpText('after', explanation)
      .action((path: string, flags: Flags) => degradeFiles(kind, path, flags));
  }
}
