/**
 * Validation as a training configuration describes it: which pictures are held back from training, and when and how the
 * model is scored on them. Nothing here changes what a step does.
 */
import { z } from 'zod';
import type { DatasetConfig } from '../data/dataset-config.ts';
import type { Refuse } from '../math/validate.ts';

const path = z.string().min(1, { error: 'expected a path, got ""' });

/** The shape of a training configuration's `validation`; each field documents itself. */
export const validationSchema = z.strictObject({
  share: z.number().gt(0).lt(1).optional().describe('share of the training pictures that is held back'),
  clean: path.optional().describe('folder of other clean pictures, in place of those of the data'),
  input: path.optional().describe('degraded pictures other than those of the data'),
  target: path.optional().describe('their clean pictures'),
  mask: path.optional().describe('their masks'),
  every: z.int().min(1).optional().describe('steps between two validations, a multiple of checkpointEvery'),
  count: z.int().min(1).default(16).describe('squares that are restored'),
  crop: z.int().min(16).optional().describe('side of these squares, in pixels'),
  seed: z.int().default(0).describe('decides which pictures are held back, and the squares'),
});

/** A complete, validated validation. */
export type ValidationConfig = z.output<typeof validationSchema>;

/** What a validation depends on besides itself. */
interface Run {
  readonly data: DatasetConfig;
  readonly checkpointEvery: number;
  readonly validation?: ValidationConfig | undefined;
  readonly init?: unknown;
}

/** What is wrong with a validation's pictures, given the data that they are held back from. */
function pictureProblem(data: DatasetConfig, validation: ValidationConfig): [what: string, field?: string] | undefined {
  const paths = (['clean', 'input', 'target', 'mask'] as const).filter((name) => validation[name] !== undefined);
  if (data.kind === 'images' || data.kind === 'unpaired') {
    return [`expected data whose inputs have a ground truth (folders, flist, degraded or masked), got "${data.kind}"`];
  }
  if (validation.share !== undefined) {
    return paths.length === 0 ? undefined : [`expected a share of the pictures or other pictures, got both`, 'share'];
  }
  const isMade = data.kind === 'degraded' || data.kind === 'masked';
  const hasMask = 'mask' in data && data.mask !== undefined;
  const wanted = isMade ? ['clean'] : ['input', 'target', ...(hasMask ? ['mask'] : [])];
  if (wanted.join() === paths.join()) return undefined;
  const what = `expected a share, or ${wanted.join(', ')} as for data of kind "${data.kind}"`;
  return [`${what}, got ${paths.length > 0 ? paths.join(', ') : 'neither'}`];
}

/** Refuses a validation that does not fit the run. */
export function refuseValidation({ data, checkpointEvery, validation }: Run, refuse: Refuse): void {
  if (!validation) return;
  const problem = pictureProblem(data, validation);
  if (problem) refuse(problem[0], problem[1] === undefined ? ['validation'] : ['validation', problem[1]]);
  const { every = checkpointEvery } = validation;
  if (every % checkpointEvery !== 0) {
    refuse(`expected a multiple of checkpointEvery (${checkpointEvery}), got ${every}`, ['validation', 'every']);
  }
}

/** Where the pictures to validate on are, if they are not held back: the data's own kind, with other paths. */
export function validationSource(data: DatasetConfig, validation: ValidationConfig): DatasetConfig | undefined {
  if (validation.share !== undefined) return undefined;
  const { clean, input, target, mask } = validation;
  const paths = Object.entries({ clean, input, target, mask }).filter(([, value]) => value !== undefined);
  // The excluded names are those of the training pictures.
  return { ...data, ...Object.fromEntries(paths), exclude: [] };
}

/** A data source whose squares are for scores: as large as asked for, at their own size, never flipped or preferred. */
export const withValidationSquares = (data: DatasetConfig, { crop }: ValidationConfig): DatasetConfig => ({
  ...data,
  crop: crop ?? Math.max(data.crop, 16),
  scale: [1, 1],
  flips: 'none',
  candidates: 1,
});

/**
 * Whether a validation is due after a step that is saved: every so often, at the end, and before the first step if the
 * weights are those of a model.
 */
export function isValidationDue(
  { validation, checkpointEvery, steps, init }: Run & { readonly steps: number },
  step: number,
): boolean {
  if (!validation) return false;
  if (step === 0) return init !== undefined;
  return step === steps || step % (validation.every ?? checkpointEvery) === 0;
}
