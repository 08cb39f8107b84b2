/**
 * Plans which pictures `rddm restore` makes from which, before the first one is touched: names, folders, masks, and
 * that nothing is overwritten by accident, neither an existing file nor one of the same run.
 */
import { dirname, extname, join, parse, resolve } from 'node:path';
import { writableKind } from '../adapters/node/pictures/images.ts';
import { splitPictures } from '../adapters/node/pictures/split-pictures.ts';
import { expected } from '../math/errors.ts';
import { kindOf, refuseToOverwrite } from './paths.ts';

/** The formats of `--format`; any writable format can be chosen by the ending of `--out`. */
export const formats = ['png', 'jpg', 'webp'] as const;
export type Format = (typeof formats)[number];

/** The options that determine the names. */
export interface JobOptions {
  /** A folder, or a file name for a single picture. */
  readonly out?: string | undefined;
  readonly mask?: string | undefined;
  readonly format?: Format | undefined;
  readonly sideBySide?: true | undefined;
  /** The folder for intermediate pictures. */
  readonly allSteps?: string | undefined;
  readonly force?: true | undefined;
  /** The number of steps, for the names of intermediate pictures. */
  readonly steps: number;
}

/** One picture to restore. */
export interface RestoreJob {
  readonly input: string;
  readonly output: string;
  readonly mask?: string;
  readonly sideBySide?: string;
  /** One file per step, starting with the start. */
  readonly stepFiles?: readonly string[];
}

const where = 'restore';
const stem = (path: string): string => parse(path).name;

/** `photos/` → `photos-restored`; `.` → the same beside the current folder. */
function folderBeside(folder: string): string {
  const bare = folder.replace(/[\\/]+$/, '');
  return `${/(^|[\\/])\.{0,2}$/.test(bare) ? resolve(folder) : bare}-restored`;
}

/** A picture, its name, and where its result goes: a single file, or a folder of results. */
type Placed = { readonly input: string; readonly name: string } & (
  | { readonly file: string }
  | { readonly folder: string }
);

async function placeInputs(paths: readonly string[], { out, format }: JobOptions): Promise<Placed[]> {
  const kinds = await Promise.all(paths.map(kindOf));
  const missing = kinds.indexOf('nothing');
  if (missing >= 0) {
    throw expected(where, 'a photograph or a folder of photographs', `nothing at ${paths[missing]}`, 'check the path');
  }
  const outKind = out === undefined ? 'nothing' : await kindOf(out);
  const isSingle = paths.length === 1 && kinds[0] === 'file';
  // A trailing separator means a folder, whether it exists or not.
  const isFileName = out !== undefined && extname(out) !== '' && !/[\\/]$/.test(out);
  if (isSingle && outKind !== 'folder' && isFileName) {
    writableKind(out);
    if (format !== undefined && extname(out).toLowerCase().replace('.jpeg', '.jpg') !== `.${format}`) {
      throw expected(where, `an --out ending in .${format} with --format ${format}`, out, 'leave out one of them');
    }
    return [{ input: paths[0], name: stem(paths[0]), file: out }];
  }
  if (outKind === 'file') throw expected(where, 'a folder as --out for several pictures', `a file at ${out}`);
  const placed = paths.map(async (path, index): Promise<Placed[]> => {
    if (kinds[index] === 'folder') {
      const folder = out ?? folderBeside(path);
      return [...(await splitPictures(path, 'input'))].map(([name, input]) => ({ input, name, folder }));
    }
    const name = stem(path);
    if (out !== undefined) return [{ input: path, name, folder: out }];
    return [{ input: path, name, file: join(dirname(path), `${name}-restored.${format ?? 'png'}`) }];
  });
  return (await Promise.all(placed)).flat();
}

/** The mask of each picture: one file for a single picture, else the file with its name in a folder. */
async function findMasks(inputs: readonly Placed[], mask: string | undefined): Promise<(string | undefined)[]> {
  if (mask === undefined) return inputs.map(() => undefined);
  if ((await kindOf(mask)) !== 'folder') {
    if (inputs.length > 1) throw expected(where, 'a folder as --mask for several pictures', mask);
    return [mask];
  }
  const byName = await splitPictures(mask, 'mask');
  return inputs.map(({ input, name }) => {
    const found = byName.get(name);
    if (found === undefined) throw expected(mask, `a mask named ${name}, like ${input}`, 'none');
    return found;
  });
}

function jobOf(placed: Placed, mask: string | undefined, options: JobOptions): RestoreJob {
  const { format = 'png', sideBySide, allSteps, steps } = options;
  const { input, name } = placed;
  const output = 'file' in placed ? placed.file : join(placed.folder, `${name}.${format}`);
  // Separate from the results, so that their folder can be scored directly.
  const beside =
    'file' in placed
      ? join(dirname(output), `${stem(output).replace(/-restored$/, '')}-side-by-side${extname(output)}`)
      : join(placed.folder, 'side-by-side', `${name}.${format}`);
  const digits = String(steps).length;
  const stepFile = (_: unknown, step: number): string =>
    join(allSteps as string, `${name}-step-${String(step).padStart(digits, '0')}${extname(output)}`);
  return {
    input,
    output,
    ...(mask !== undefined && { mask }),
    ...(sideBySide && { sideBySide: beside }),
    ...(allSteps !== undefined && { stepFiles: Array.from({ length: steps + 1 }, stepFile) }),
  };
}

/** All files of a job. */
const filesOf = ({ output, sideBySide, stepFiles = [] }: RestoreJob): string[] => [
  output,
  ...(sideBySide === undefined ? [] : [sideBySide]),
  ...stepFiles,
];

function refuseCollisions(jobs: readonly RestoreJob[]): void {
  const inputs = new Set(jobs.flatMap(({ input, mask }) => [input, mask ?? input]).map((path) => resolve(path)));
  const makers = new Map<string, string>();
  for (const job of jobs) {
    for (const file of filesOf(job)) {
      const full = resolve(file);
      if (inputs.has(full)) throw expected(where, 'an --out other than the photographs themselves', file);
      const other = makers.get(full);
      if (other !== undefined) {
        throw expected(where, `one picture to become ${file}`, `${other} and ${job.input}`, 'restore them separately');
      }
      makers.set(full, job.input);
    }
  }
}

/**
 * Plans a run.
 *
 * @param paths photographs and folders of photographs
 * @throws RddmError if a path is missing, a folder has no pictures, a mask is missing, an ending cannot be written, or
 *   a file would be overwritten
 */
export async function planJobs(paths: readonly string[], options: JobOptions): Promise<RestoreJob[]> {
  const placed = await placeInputs(paths, options);
  const masks = await findMasks(placed, options.mask);
  const jobs = placed.map((one, index) => jobOf(one, masks[index], options));
  refuseCollisions(jobs);
  await refuseToOverwrite(where, jobs.flatMap(filesOf), options.force);
  return jobs;
}
