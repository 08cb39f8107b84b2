/** Finds the files that `rddm evaluate` scores: one folder or one file of each kind. */
import { pictureFile } from '../adapters/node/pictures/picture-file.ts';
import { picturesByName } from '../adapters/node/pictures/pictures-by-name.ts';
import { splitPictures } from '../adapters/node/pictures/split-pictures.ts';
import type { EvaluationJob } from '../operations/evaluate/evaluate.ts';
import { type EvaluationSets, type NamedPictures, pairPictures } from '../operations/evaluate/pair.ts';
import { isFolder } from './paths.ts';

/** What to compare: folders, or one file each. */
export interface EvaluationPaths {
  readonly results: string;
  readonly references: string;
  /** Shadow (or other) regions. */
  readonly masks?: string;
  /** The degraded pictures from which the results were made. */
  readonly input?: string;
}

const namedPictures = (where: string, files: ReadonlyMap<string, string>): NamedPictures => ({
  where,
  pictures: [...files].map(([name, file]) => pictureFile(file, name)),
});

/**
 * Finds and pairs the files: if `results` is a folder, the others are folders too, or a known data set instead.
 *
 * @throws RddmError if a folder is missing or has no pictures, or a name has no pair
 */
export async function pairFiles({ results, references, masks, input }: EvaluationPaths): Promise<EvaluationJob[]> {
  if (!(await isFolder(results))) {
    return [
      {
        result: pictureFile(results),
        reference: pictureFile(references),
        ...(masks !== undefined && { mask: pictureFile(masks) }),
        ...(input !== undefined && { input: pictureFile(input) }),
      },
    ];
  }
  const sets: EvaluationSets = {
    result: namedPictures(results, await picturesByName(results)),
    reference: namedPictures(references, await splitPictures(references, 'target')),
    ...(masks !== undefined && { mask: namedPictures(masks, await splitPictures(masks, 'mask')) }),
    ...(input !== undefined && { input: namedPictures(input, await splitPictures(input, 'input')) }),
  };
  return pairPictures(sets);
}
